#!/usr/bin/env python3
"""Writes answers.jsonl: what the server must answer about tests/data/library.

In: the table of what the files say (../data/contents.py) and the requests below. Out: one request
and its answer a line. The answers are computed here, from the rules of the API and by Python's own
uuid, unicodedata and str, which the first Avalon was made of; no program of ours is asked. So the
test that replays them compares two independent readings of the same rules.

    python3 tests/round_trip/record.py   # after a change of contents.py or of the requests

The library is scanned by its relative path `library`, so that the ids of tracks are the same on
every machine.
"""

import json
import sys
import unicodedata
import uuid
from pathlib import Path
from urllib.parse import parse_qsl, quote

sys.dont_write_bytecode = True
sys.path.insert(0, str(Path(__file__).parent / "../data"))
from contents import LIBRARY

# --- The library, as a scan finds it ------------------------------------------------------------

NAMESPACES = {
    "album": uuid.UUID("7655e605-6eaa-40d8-a25f-5c6c92a4d31a"),
    "artist": uuid.UUID("fe4df0f6-2c55-4ba6-acf3-134eae3e710e"),
    "genre": uuid.UUID("dd8dbd9c-8ed7-4719-80c5-71d978665dd0"),
    "track": uuid.UUID("4151ace3-6a98-41cd-a3de-8c242654cb67"),
}


def searchable(text):
    """The form of a name in which it is searched and sorted."""
    stripped = "".join(c for c in unicodedata.normalize("NFD", text) if unicodedata.category(c) != "Mn")
    return stripped.lower().strip()


def read_library():
    """Songs in default order, and the three lists of entities in theirs."""
    entities = {"album": {}, "artist": {}, "genre": {}}
    tracks = []
    # Of several spellings of one id, the file whose path is last names it: later ones overwrite.
    for path, _, _, seconds, fields in sorted(LIBRARY, key=lambda row: f"library/{row[0]}".encode()):
        song = {
            "id": str(uuid.uuid5(NAMESPACES["track"], f"library/{path}")),
            "name": fields["title"],
            "length": int(seconds),
            "track": int(fields["track"].split("/")[0]),
            "year": int(fields["date"][:4]),
        }
        for kind in entities:
            name = fields[kind]
            song[f"{kind}_id"] = str(uuid.uuid5(NAMESPACES[kind], name.lower()))
            entities[kind][song[f"{kind}_id"]] = name
        tracks.append((song, int(fields.get("disc", "0").split("/")[0])))
    for song, _ in tracks:
        for kind, names in entities.items():
            song[kind] = names[song[f"{kind}_id"]]
    tracks.sort(key=lambda row: (
        searchable(row[0]["artist"]), row[0]["artist_id"], searchable(row[0]["album"]), row[0]["album_id"],
        row[1], row[0]["track"], searchable(row[0]["name"]), row[0]["id"]))
    lists = {"songs": [song for song, _ in tracks]}
    for kind, names in entities.items():
        rows = [{"id": id, "name": name} for id, name in names.items()]
        lists[f"{kind}s"] = sorted(rows, key=lambda row: (searchable(row["name"]), row["id"]))
    return lists


# --- The rules of the API -----------------------------------------------------------------------


class Refused(Exception):
    """An answer that is an error."""

    def __init__(self, status, code, key, message, payload):
        super().__init__(message)
        self.status = status
        self.error = {"code": code, "message": message, "message_key": f"avalon.service.error.{key}", "payload": payload}


def matches(query, name):
    """Whether a searched text is a prefix of the name, of a word, or of the words from one on."""
    term = searchable(name)
    words = term.split()
    tokens = [term, *words, *(" ".join(words[at:]) for at in range(1, len(words) - 1))]
    return query != "" and any(token.startswith(query) for token in tokens)


def integer(field, parameters):
    text = parameters.get(field)
    if text is None:
        return None
    try:
        return int(text)
    except ValueError:
        message = f"Invalid field value for integer field {field}: '{text}'"
        raise Refused(400, 101, "invalid_input_type", message, {"field": field, "value": text}) from None


def identifier(field, parameters):
    text = parameters[field]
    digits = text.replace("urn:", "").replace("uuid:", "").strip("{}").replace("-", "")
    if len(digits) == 32 and all(digit in "0123456789abcdefABCDEF" for digit in digits):
        return str(uuid.UUID(digits))
    message = f"Invalid field value for UUID field {field}: '{text}'"
    raise Refused(400, 101, "invalid_input_type", message, {"field": field, "value": text})


def answer(lists, endpoint, parameters):
    """The results of a list endpoint."""
    rows = lists[endpoint]
    songs = endpoint == "songs"
    if songs:
        ids = {f"{kind}_id": identifier(f"{kind}_id", parameters)
               for kind in ("album", "artist", "genre") if f"{kind}_id" in parameters}
        for field, wanted in ids.items():
            rows = [row for row in rows if row[field] == wanted]
        for kind in ("album", "artist", "genre"):
            if kind in parameters:
                wanted = str(uuid.uuid5(NAMESPACES[kind], parameters[kind].lower()))
                rows = [row for row in rows if row[f"{kind}_id"] == wanted]
    if "query" in parameters:
        query = searchable(parameters["query"])
        names = ("name", "album", "artist", "genre") if songs else ("name",)
        rows = [row for row in rows if any(matches(query, row[name]) for name in names)]
    if "order" in parameters:
        direction, field = parameters.get("direction", "asc"), parameters["order"]
        if direction not in ("asc", "desc"):
            raise Refused(400, 102, "invalid_input_value", f"Invalid sort direction '{direction}'", {"direction": direction})
        if field not in lists[endpoint][0]:
            raise Refused(400, 100, "invalid_input_name", f"Invalid order-by field '{field}'", {"field": field})
        rows = sorted(rows, key=lambda row: row[field], reverse=direction == "desc")
    limit, offset = integer("limit", parameters), integer("offset", parameters)
    for field, value in (("limit", limit), ("offset", offset)):
        # An offset without a limit is read but means nothing.
        if value is not None and value < 0 and limit is not None:
            message = f"The value of {field} may not be negative"
            raise Refused(400, 102, "invalid_input_value", message, {"field": field, "value": value})
    if limit is not None:
        rows = rows[offset or 0:][:limit]
    return rows


def exchange(lists, method, target):
    """A request with its answer."""
    path, _, query = target.partition("?")
    parameters = {}
    for name, value in parse_qsl(query, keep_blank_values=True):
        parameters.setdefault(name, value)
    endpoint = path.removeprefix("/avalon/")
    content_type, status = "application/json", 200
    try:
        if endpoint not in (*lists, "heartbeat"):
            raise Refused(404, 4, "not_found", f"There is nothing at {path}", {"path": path})
        if method not in ("GET", "HEAD"):
            message = f"The method {method} is not allowed: use GET, HEAD or OPTIONS"
            raise Refused(405, 5, "method_not_allowed", message, {"method": method})
        if endpoint == "heartbeat":
            content_type, body = "text/plain; charset=utf-8", "OKOKOK"
        else:
            body = {"errors": [], "success": answer(lists, endpoint, parameters), "warnings": []}
    except Refused as refused:
        status, body = refused.status, {"errors": [refused.error], "success": None, "warnings": []}
    if method == "HEAD":
        body = ""
    return {"method": method, "path": target, "status": status, "content_type": content_type, "body": body}


# --- The requests -------------------------------------------------------------------------------


def requests(lists):
    """Everything that is asked, grouped by what it is about."""
    kite = lists["artists"][[row["name"] for row in lists["artists"]].index("KITE ASSEMBLY")]["id"]
    kedr = next(row for row in lists["artists"] if row["name"] == "Кедр")["id"]
    folk = next(row for row in lists["genres"] if row["name"] == "Folk")["id"]
    drive = next(row for row in lists["albums"] if row["name"].endswith("Drive"))["id"]
    yield from ("heartbeat", "heartbeat?limit=abc", "songs", "albums", "artists", "genres")
    # Search: prefixes of words and of the words from one on; accents, case, other scripts.
    for query in ("café", "CAFE", "cafe\u0301", "ferry c", "matin", "du matin", "du mat", "e du", "neige", "étoil",
                  "kite", "kite a", "assembly", "tidewater", "the", "the t", "& the", "рассвет", "РАССВЕТ", "теплый",
                  "тёплый", "камень", "istanbul", "İSTANBUL", "strasse", "straße", "STRAẞE", "gross", "großraum",
                  "post-rock", "rock", "electro", "isik", "ışık", "take-off", "off", "zzz", "", " ", "\u0301",
                  " café ", "long  drive", "a", "s", "п"):
        yield f"songs?query={quote(query)}"
    for endpoint in ("albums", "artists", "genres"):
        for query in ("p", "kite", "севе", "folk", "é", "zzz", "", "long drive"):
            yield f"{endpoint}?query={quote(query)}"
    # Filters by exact name and by id, and how they intersect.
    for name in ("Kite Assembly", "kite assembly", "KITE ASSEMBLY", "Kite", "кедр", "Ayşe Işık", "AYŞE IŞIK", ""):
        yield f"songs?artist={quote(name)}"
    for name in ("Harbour Lights", "première neige", "premiere neige", "Songs for a Long Drive"):
        yield f"songs?album={quote(name)}"
    for name in ("folk", "Électronique", "electronique", "rock"):
        yield f"songs?genre={quote(name)}"
    yield from (f"songs?artist_id={kite}", f"songs?artist_id={kite.upper()}", f"songs?artist_id=urn:uuid:{{{kite}}}",
                f"songs?artist_id={kite.replace('-', '')}", f"songs?genre_id={folk}", f"songs?album_id={drive}",
                f"songs?artist_id={kite}&album_id={drive}", f"songs?artist_id={kedr}&album_id={drive}",
                f"songs?artist=kite+assembly&query=l", f"songs?artist_id={kite}&artist=кедр".replace("кедр", quote("кедр")),
                "songs?artist_id=00000000-0000-0000-0000-000000000000", f"albums?artist_id={kite}", "albums?artist_id=bad",
                "songs?artist_id=bad", "songs?album_id=", f"songs?genre_id={kite}0", f"songs?album_id={kite[:-1]}g")
    # Order, and its ties, which keep the default order in both directions.
    for field in ("id", "name", "album", "album_id", "artist", "artist_id", "genre", "genre_id", "track", "year", "length"):
        yield f"songs?order={field}"
        yield f"songs?order={field}&direction=desc&limit=7"
    for endpoint in ("albums", "artists", "genres"):
        yield from (f"{endpoint}?order=name", f"{endpoint}?order=id&direction=desc", f"{endpoint}?order=year")
    yield from ("songs?order=disc", "songs?order=", "songs?order=Name", "songs?order=bogus&direction=ASC",
                "songs?order=name&direction=", "songs?direction=ASC", "songs?direction=desc&limit=3",
                "songs?query=zzz&order=bogus")
    # Limit and offset.
    for pages in ("limit=0", "limit=3", "limit=3&offset=2", "limit=3&offset=21", "limit=3&offset=22", "limit=1000",
                  "offset=5", "offset=-1", "offset=abc", "limit=abc", "limit=", "limit=-1", "limit=5&offset=-1",
                  "limit=-1&offset=-1", "limit=1.0", "limit=%2B2", "limit=+2+", "limit=1_0", "limit=1__0",
                  "limit=" + quote("٣"), "limit=" + quote("²"), "limit=18446744073709551617", "limit=-18446744073709551617",
                  "limit=2&limit=abc", "Limit=abc", "limit=2;offset=1"):
        yield f"songs?{pages}"
    yield "songs?query=k&artist_id=bad&order=bogus&limit=abc"
    # Paths.
    yield from ("", "nope", "songs/", "Songs", "songs/1", "version/")


def main():
    lists = read_library()
    lines = [exchange(lists, "GET", f"/avalon/{target}") for target in requests(lists)]
    lines += [exchange(lists, "GET", target) for target in ("/", "/songs", "/avalon", "/avalon//songs")]
    lines += [exchange(lists, "HEAD", target) for target in ("/avalon/songs?limit=1", "/avalon/heartbeat", "/avalon/x")]
    lines += [exchange(lists, method, "/avalon/songs") for method in ("POST", "PUT", "DELETE", "PATCH")]
    text = "".join(json.dumps(line, ensure_ascii=False, sort_keys=True) + "\n" for line in lines)
    (Path(__file__).parent / "answers.jsonl").write_text(text)


if __name__ == "__main__":
    main()
