"""The only code that knows an email provider."""
