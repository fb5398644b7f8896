"""Spellings of numbers out of Google's own library (phonenumbers on PyPI), one JSON list a line:
the spelling, the country that it is read by or null, its kind, what Google makes of it, and the
number that was meant; each of the last two as E.164 and country, or null.

Google's example of every type of every region is spelled as its library formats it, and as phones
and people hand it in. Numbers that are only possible, and some that are not, stand beside them."""

import json
import random
import sys

import phonenumbers
from phonenumbers import PhoneNumberFormat as Format, PhoneNumberType as Type

draw = random.Random(16)
types = [getattr(Type, name) for name in sorted(vars(Type)) if name.isupper() and name != "UNKNOWN"]


def shown(number):
    """E.164 and country; Google's 001 is none."""
    region = phonenumbers.region_code_for_number(number)
    if region is None:
        region = phonenumbers.region_code_for_country_code(number.country_code)
    e164 = phonenumbers.format_number(number, Format.E164)
    return [e164, "" if region in ("001", "ZZ") else region]


def read(spelling, country):
    try:
        number = phonenumbers.parse(spelling, country)
    except phonenumbers.NumberParseException:
        return None
    reason = phonenumbers.is_possible_number_with_reason(number)
    is_whole = reason == phonenumbers.ValidationResult.IS_POSSIBLE
    if number.extension or not (is_whole or phonenumbers.is_valid_number(number)):
        return None
    return shown(number)


def plain_spellings(number, region):
    """As Google's library formats a number; by its own country, another one, or none."""
    e164 = phonenumbers.format_number(number, Format.E164)
    international = phonenumbers.format_number(number, Format.INTERNATIONAL)
    for country in (None, region, "US", "BR"):
        yield e164, country, "E.164"
        yield international, country, "international"
    yield phonenumbers.format_number(number, Format.RFC3966), None, "link"
    if region is None:
        return
    national = phonenumbers.format_number(number, Format.NATIONAL)
    yield national, region, "national"
    yield "".join(c for c in national if c.isdigit() or c == "*"), region, "national digits"


def handed_in(number, region):
    """As phones put numbers on the clipboard, and people into fields."""
    e164 = phonenumbers.format_number(number, Format.E164)
    code, rest = str(number.country_code), e164[1 + len(str(number.country_code)) :]
    international = phonenumbers.format_number(number, Format.INTERNATIONAL)
    yield "\u202a" + international + "\u202c", None, "marks of direction"
    yield "\u2066" + e164 + "\u2069\n", None, "isolates"
    yield e164[:2] + "\u200b" + e164[2:] + "\ufeff", None, "invisible"
    yield international.replace(" ", "\u202f"), None, "narrow spaces"
    yield international.replace(" ", "\u00a0").replace("-", "\u2011"), None, "fixed spaces and hyphens"
    yield "(+" + code + ") " + rest, None, "code in brackets"
    yield "+(" + code + ") " + rest, None, "code in brackets"
    yield "+" + code + "." + ".".join(rest[i : i + 2] for i in range(0, len(rest), 2)), None, "dots"
    yield "+" + code + "/" + rest, None, "slash"
    yield "\uff0b" + "".join(chr(ord(c) + 0xFEE0) for c in e164[1:]), None, "full-width"
    yield "+" + "".join(chr(ord(c) - 0x30 + 0x660) for c in e164[1:]), None, "Arabic digits"
    if region is None:
        return
    for country in (region, "GB"):
        yield "00" + e164[1:], country, "00"
        yield "00 " + code + " " + rest, country, "00"
        yield "(00" + code + ") " + rest, country, "00"
    for country in (region, "US", "CA", "AU", "BR", "GB"):
        for cut in range(1, 5):
            yield "00" + code + rest[:-cut], country, "00, cut off"
    national = phonenumbers.format_number(number, Format.NATIONAL)
    yield "\u200e" + national.replace(" ", "\u2009") + "\u200f", region, "national, invisible"


def meant_cut_off(spelling, country):
    """What is valid after 00, or as the country dials, but not both; else what both agree on."""
    spelled = [("+" + spelling[2:], None), (spelling, country)]
    readings = [read(*one) for one in spelled]
    if readings[0] == readings[1]:
        return readings[0]
    valid = [reading for reading, one in zip(readings, spelled) if is_valid(*one)]
    return valid[0] if len(valid) == 1 else None


def is_valid(spelling, country):
    try:
        return phonenumbers.is_valid_number(phonenumbers.parse(spelling, country))
    except phonenumbers.NumberParseException:
        return False


def examples():
    for region in sorted(phonenumbers.SUPPORTED_REGIONS):
        for kind in types:
            number = phonenumbers.example_number_for_type(region, kind)
            if number is not None:
                yield number, region
    for code in sorted(phonenumbers.COUNTRY_CODES_FOR_NON_GEO_REGIONS):
        yield phonenumbers.example_number_for_non_geo_entity(code), None


def changed(number):
    """Another number of the same length: possible, and mostly of no range that is known."""
    digits = phonenumbers.national_significant_number(number)
    start = draw.randrange(1, max(2, len(digits) - 1))
    other = digits[:start] + "".join(draw.choice("0123456789") for _ in digits[start:])
    return "+" + str(number.country_code) + other


seen = set()


def put(spelling, country, kind, meant):
    if (spelling, country) in seen:
        return
    seen.add((spelling, country))
    print(json.dumps([spelling, country, kind, read(spelling, country), meant]))


for number, region in examples():
    meant = shown(number)
    for spelling in plain_spellings(number, region):
        put(*spelling, meant)
    for text, country, kind in handed_in(number, region):
        is_cut_off = kind == "00, cut off"
        put(text, country, kind, meant_cut_off(text, country) if is_cut_off else meant)
    for _ in range(3):
        e164 = changed(number)
        put(e164, None, "possible", None)
        put(e164 + str(draw.randrange(10)), None, "one digit more", None)
print(json.dumps(phonenumbers.__version__), file=sys.stderr)
