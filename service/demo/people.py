"""Invents the applicants: names from many places, addresses that belong to nobody.

The same ``Random`` gives the same people. Numbers lie in the ranges that regulators keep for
fiction (Berlin 030 23125, London 020 7946 0, North America 555-01).
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from random import Random

from service.demo.company import Opening

_CULTURES: tuple[tuple[str, str, str], ...] = (
    # first names, family names, where some of them live
    (
        "Jonas Lena Moritz Katharina Felix Annika Jürgen Wiebke",
        "Weber Schäfer Hoffmann Großmann Krüger Lindner Böhm Vogt",
        "Europe/Berlin",
    ),
    (
        "Amara Chidi Ngozi Emeka Ifeoma Tunde Folake Obinna",
        "Okafor Adebayo Eze Nwosu Balogun Okonkwo Ibrahim Uche",
        "Africa/Lagos",
    ),
    (
        "Lucía Mateo Valentina Diego Camila Joaquín Sofía Andrés",
        "Fernández Rojas Ibáñez Quispe Herrera Muñoz Salazar Castillo",
        "America/Bogota",
    ),
    (
        "Aarav Diya Rohan Ananya Vikram Meera Arjun Kavya",
        "Sharma Iyer Patel Banerjee Reddy Nair Kulkarni Chatterjee",
        "Asia/Kolkata",
    ),
    (
        "Agnieszka Piotr Zofia Krzysztof Łucja Wojciech Małgorzata Bartosz",
        "Nowak Wiśniewska Kamiński Wójcik Lewandowska Dąbrowski Szymańska Kozłowski",
        "Europe/Warsaw",
    ),
    (
        "Elif Mehmet Zeynep Emre Ayşe Kerem Defne Burak",
        "Yılmaz Kaya Demirel Şahin Çelik Öztürk Arslan Koç",
        "Europe/Istanbul",
    ),
    (
        "Layla Omar Yasmin Karim Nour Hassan Salma Tariq",
        "Haddad Mansour Nasser Khalil Farouk Saleh Aziz Rahman",
        "Africa/Cairo",
    ),
    (
        "Misaki Haruto Yui Ren Sakura Kaito Aoi Souta",
        "Tanaka Yamamoto Kobayashi Ito Nakamura Fujita Ogawa Hayashi",
        "Asia/Tokyo",
    ),
    (
        "Linh Minh Thảo Quang Hương Tuấn Mai Khoa",
        "Nguyễn Trần Phạm Võ Đặng Bùi Huỳnh Lê",
        "Asia/Ho_Chi_Minh",
    ),
    (
        "Oksana Dmytro Iryna Andriy Kateryna Taras Olena Mykola",
        "Shevchenko Kovalenko Bondar Tkachuk Melnyk Savchenko Lysenko Hrytsenko",
        "Europe/Kyiv",
    ),
    (
        "Chloé Théo Inès Baptiste Maëlle Étienne Léa Rémi",
        "Moreau Lefèvre Girard Fontaine Chevalier Rousseau Bertrand Perrin",
        "Europe/Paris",
    ),
    (
        "Siobhán Callum Freya Rhys Eilidh Declan Imogen Owen",
        "O'Neill MacLeod Whitfield Pryce Campbell Byrne Ashworth Hughes",
        "Europe/London",
    ),
    (
        "Mei Wei Jing Hao Xiulan Ming Lan Zhen",
        "Chen Lin Huang Zhou Wu Guo Zhang Xu",
        "America/Toronto",
    ),
    (
        "Freja Mikkel Astrid Søren Ingrid Bjørn Saga Lars",
        "Nielsen Østergaard Sandberg Hansen Lindqvist Dahl Bakke Holm",
        "Europe/Copenhagen",
    ),
)

_FOLDED = str.maketrans("łŁøØđĐıßæÆ'", "lLoOdDisaA-")
_HOSTS = ("example.com", "example.org", "example.net")


@dataclass(eq=False)
class Applicant:
    """One application and the person behind it, as the ATS knows them.

    ``stage`` and ``beat`` are the ATS's own memory while the story is written: where the
    application stands there, and how often it has changed.
    """

    number: int
    first_name: str
    last_name: str
    email: str | None
    phone: str
    time_zone: str
    opening: Opening
    applied_at: datetime
    can_email: bool = True
    stage: str = "Application Review"
    steps: list[dict[str, object]] = field(default_factory=list)

    @property
    def application(self) -> int:
        """Return the ATS's id of the application."""
        return 9000 + self.number

    @property
    def candidate(self) -> int:
        """Return the ATS's id of the person."""
        return 5000 + self.number

    @property
    def name(self) -> str:
        """Return the whole name."""
        return f"{self.first_name} {self.last_name}"


def invent_people(chance: Random) -> Iterator[tuple[str, str, str, str, str]]:
    """Yield first name, family name, address, number and zone, never one name twice."""
    names = [
        (first, last, zone)
        for firsts, lasts, zone in _CULTURES
        for first in firsts.split()
        for last in lasts.split()
    ]
    chance.shuffle(names)
    for count, (first, last, home) in enumerate(names):
        zone = home if chance.random() < 0.3 else "Europe/Berlin"
        address = f"{_ascii(first)}.{_ascii(last)}@{chance.choice(_HOSTS)}"
        yield first, last, address, _number(zone, count), zone


def _ascii(name: str) -> str:
    plain = unicodedata.normalize("NFKD", name.translate(_FOLDED).lower())
    return "".join(char for char in plain if char.isascii() and (char.isalpha() or char == "-"))


def _number(zone: str, count: int) -> str:
    if zone == "Europe/London":
        return f"+44 20 7946 0{count % 1000:03}"
    if zone.startswith("America/"):
        return f"+1 416 555 01{count % 100:02}"
    return f"+49 30 23125 {count % 1000:03}"
