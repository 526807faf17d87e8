"""An invented company whose three weeks are played through Keepword's own doors."""
