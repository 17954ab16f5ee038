#!/usr/bin/env python3
"""Makes the audio files of this folder: library/, untagged/ and bad/.

In: nothing but the tables of contents.py. Out: the three folders, made anew beside this script. Nothing is
downloaded and nothing of anybody else's is copied: the sound is a low sine or silence, the names
are made up. README.md says which tool makes which format and what to install.

    python3 make.py            # into the folder of this script
    python3 make.py /tmp/data  # somewhere else, to compare
"""

import shutil
import struct
import subprocess
import sys
import tempfile
import zlib
from hashlib import md5
from pathlib import Path

from mutagen.aiff import AIFF
from mutagen.apev2 import APEv2
from mutagen.flac import FLAC
from mutagen.id3 import ID3, TALB, TCON, TDRC, TIT2, TPE1, TPOS, TRCK, TYER
from mutagen.mp4 import MP4
from mutagen.oggopus import OggOpus
from mutagen.oggspeex import OggSpeex
from mutagen.oggvorbis import OggVorbis
from mutagen.wave import WAVE

sys.dont_write_bytecode = True
from contents import LIBRARY, UNTAGGED

# --- Sound --------------------------------------------------------------------------------------


def run(*command):
    """Runs a tool, quietly; its words are shown when it fails."""
    done = subprocess.run([str(part) for part in command], capture_output=True, stdin=subprocess.DEVNULL)
    if done.returncode != 0:
        sys.exit(f"{command[0]} failed:\n{done.stderr.decode(errors='replace')}")


def ffmpeg(source, target, *options):
    """ffmpeg, told to write no trace of its version, so that the same tools make the same bytes."""
    run("ffmpeg", "-nostdin", "-v", "error", "-y", "-i", source, "-map_metadata", "-1",
        "-fflags", "+bitexact", "-flags:a", "+bitexact", *options, target)


def sine(target, seconds, rate=16000, bits=16):
    """A quiet 220 Hz sine, mono, as a plain WAV file."""
    codec = {8: "pcm_u8", 16: "pcm_s16le"}[bits]
    run("ffmpeg", "-nostdin", "-v", "error", "-y", "-f", "lavfi", "-i",
        f"sine=frequency=220:sample_rate={rate}:duration={seconds}", "-ac", "1", "-c:a", codec,
        "-map_metadata", "-1", "-fflags", "+bitexact", target)


def make_sound(kind, target, seconds):
    """Writes an untagged file of a format, `seconds` long, at `target`."""
    if kind == "ape":
        target.write_bytes(silent_ape(seconds))
        return
    if kind == "mpc7":
        target.write_bytes(silent_musepack7(seconds))
        return
    with tempfile.TemporaryDirectory() as folder:
        wav = Path(folder) / "sine.wav"
        # Formats without compression get 8 bits at 8 kHz; Musepack knows nothing below 32 kHz.
        small = kind in ("wav", "aiff", "wv", "alac", "flac")
        sine(wav, seconds, 8000 if small else {"mpc8": 32000}.get(kind, 16000), 8 if kind in ("wav", "aiff") else 16)
        if kind == "mp3":
            run("lame", "--quiet", "-t", "-m", "m", "-b", "8", wav, target)
        elif kind == "flac":
            run("flac", "--silent", "--best", "--no-padding", "-o", target, wav)
        elif kind == "ogg":
            run("oggenc", "--quiet", "--serial", "1", "-q", "-1", "-o", target, wav)
        elif kind == "opus":
            run("opusenc", "--quiet", "--serial", "1", "--discard-comments", "--bitrate", "8", "--padding", "0", wav, target)
        elif kind == "spx":
            run("speexenc", "--quality", "1", wav, target)
            # speexenc takes its serial number from the clock.
            target.write_bytes(with_serial(target.read_bytes(), 1))
        elif kind == "m4a":
            ffmpeg(wav, target, "-c:a", "aac", "-b:a", "12k")
        elif kind == "alac":
            ffmpeg(wav, target, "-c:a", "alac")
        elif kind == "aac":
            ffmpeg(wav, target, "-c:a", "aac", "-b:a", "12k", "-f", "adts")
        elif kind == "wav":
            shutil.copyfile(wav, target)
        elif kind == "aiff":
            ffmpeg(wav, target, "-c:a", "pcm_s8")
        elif kind == "wv":
            run("wavpack", "-q", "-y", "-hx", wav, "-o", target)
        elif kind == "mpc8":
            run("mpcenc", "--silent", "--overwrite", "--quality", "0", wav, target)
        else:
            raise ValueError(kind)


def silent_ape(seconds, rate=8000):
    """A Monkey's Audio 3.99 file of silence: descriptor, header, seek table, one frame.

    No free encoder is packaged, but a silent frame needs none: a CRC with its top bit set announces
    flags, and the flags 3 say that both channels are silent. The layout is that of MAC's public
    APE_DESCRIPTOR and APE_HEADER; ffmpeg decodes it.
    """
    samples = int(seconds * rate)
    wav_header = struct.pack("<4sI4s4sIHHIIHH4sI", b"RIFF", 36 + 4 * samples, b"WAVE", b"fmt ", 16,
                             1, 2, rate, 4 * rate, 4, 16, b"data", 4 * samples)
    crc = zlib.crc32(bytes(4 * samples)) >> 1 | 0x8000_0000
    # The bit reader takes 32-bit little-endian words, and reads ahead: hence two words more.
    frame = struct.pack("<IIII", crc, 3, 0, 0)
    header = struct.pack("<HHIIIHHI", 2000, 0, 73728 * 4, samples, 1, 16, 2, rate)
    seek_table = struct.pack("<I", 52 + 24 + 4 + len(wav_header))
    digest = md5(wav_header + frame + header + seek_table).digest()
    descriptor = struct.pack("<4sHHIIIIIII16s", b"MAC ", 3990, 0, 52, 24, len(seek_table),
                             len(wav_header), len(frame), 0, 0, digest)
    return descriptor + header + seek_table + wav_header + frame


def silent_musepack7(seconds, rate=44100):
    """A Musepack SV7 file of silence: Debian's mpcenc writes SV8 only.

    Each frame of 1,152 samples says that its two sub-bands hold nothing: 20 bits of length (10),
    twice 4 bits of resolution 0 for the lower, and a Huffman code of one bit, "no change", for each
    channel of the upper. Bits run big-endian within 32-bit little-endian words. ffmpeg and mpcdec
    decode it.
    """
    samples = int(seconds * rate)
    frames = -(-samples // 1152)
    last = samples - (frames - 1) * 1152
    bits = "".join(f"{10:020b}" + "0" * 8 + "11" for _ in range(frames)) + f"{last:011b}"
    bits += "0" * (-len(bits) % 32) + "0" * 64
    # Words of the header: frames, then flags (highest band 1, 44.1 kHz, quality 5), no peak and no
    # gain, then true gapless with the length of the last frame, then the version of the encoder.
    words = [
        frames,
        1 << 24 | 10 << 20,
        0,
        0,
        1 << 31 | last << 20 | 1 << 19,
        115 << 24,
    ]
    # The audio follows the version's byte at once: the header ends within the seventh word.
    head = "".join(f"{word:032b}" for word in words[:5]) + f"{115:08b}"
    bits = head + bits
    bits += "0" * (-len(bits) % 32)
    body = b"".join(struct.pack("<I", int(bits[at:at + 32], 2)) for at in range(0, len(bits), 32))
    return b"MP+\x07" + body


# --- Tags ---------------------------------------------------------------------------------------


def write_tags(kind, tags, path, fields):
    """Writes `fields` into the file in the form(s) that `tags` names."""
    for form in tags.split("+"):
        if form == "id3v24":
            write_id3(kind, path, fields, 4)
        elif form == "id3v23":
            write_id3(kind, path, fields, 3)
        elif form == "id3v1":
            path.write_bytes(path.read_bytes() + id3v1(fields))
        elif form == "apev2":
            write_apev2(path, fields, losing="+" in tags)
        elif form == "vorbis":
            write_vorbis(kind, path, fields)
        elif form == "mp4":
            write_mp4(path, fields)
        elif form == "riff-info":
            write_riff_info(path, fields)
        else:
            raise ValueError(form)


def write_id3(kind, path, fields, version):
    frames = {"title": TIT2, "artist": TPE1, "album": TALB, "genre": TCON, "track": TRCK, "disc": TPOS,
              "date": TDRC if version == 4 else TYER}
    if kind in ("wav", "aiff"):
        audio = {"wav": WAVE, "aiff": AIFF}[kind](path)
        audio.add_tags()
        tag = audio.tags
    else:
        audio, tag = None, ID3()
    for name, text in fields.items():
        tag.add(frames[name](encoding=3 if version == 4 else 1, text=text))
    if audio is None:
        tag.save(path, v2_version=version, v1=0, padding=lambda _: 0)
    else:
        audio.save(v2_version=version, padding=lambda _: 0)


def id3v1(fields):
    """The 128 bytes of ID3v1.1 (Latin-1, a track number in the last byte of the comment)."""
    text = lambda name, size: fields[name].encode("latin-1").ljust(size, b"\0")[:size]
    genres = {"Folk": 80}
    return (b"TAG" + text("title", 30) + text("artist", 30) + text("album", 30) + text("date", 4)
            + bytes(28) + bytes([0, int(fields["track"]), genres[fields["genre"]]]))


def write_apev2(path, fields, losing):
    names = {"title": "Title", "artist": "Artist", "album": "Album", "genre": "Genre", "date": "Year",
             "track": "Track", "disc": "Disc"}
    tag = APEv2()
    for name, text in fields.items():
        tag[names[name]] = f"{text} (APEv2)" if losing and not text[0].isdigit() else text
    if losing:
        tag["Year"], tag["Track"] = "1901", "99"
    tag.save(path)


def write_vorbis(kind, path, fields):
    names = {"track": "tracknumber", "disc": "discnumber"}
    audio = {"flac": FLAC, "ogg": OggVorbis, "opus": OggOpus, "spx": OggSpeex}[kind](path)
    for name, text in fields.items():
        audio[names.get(name, name)] = text
    audio.save(padding=lambda _: 0)


def write_mp4(path, fields):
    names = {"title": "\xa9nam", "artist": "\xa9ART", "album": "\xa9alb", "genre": "\xa9gen", "date": "\xa9day"}
    audio = MP4(path)
    for name, text in fields.items():
        if name in names:
            audio[names[name]] = text
        else:
            number, total = text.split("/")
            audio[{"track": "trkn", "disc": "disk"}[name]] = [(int(number), int(total))]
    audio.save(padding=lambda _: 0)


def write_riff_info(path, fields):
    """A LIST/INFO chunk, in UTF-8; no tool of ours writes a track number (ITRK) there, so by hand."""
    names = {"title": b"INAM", "artist": b"IART", "album": b"IPRD", "genre": b"IGNR", "date": b"ICRD",
             "track": b"ITRK"}
    info = b"INFO"
    for name, text in fields.items():
        value = text.encode() + b"\0"
        info += names[name] + struct.pack("<I", len(value)) + value + b"\0" * (len(value) % 2)
    body = path.read_bytes()[8:] + b"LIST" + struct.pack("<I", len(info)) + info
    path.write_bytes(b"RIFF" + struct.pack("<I", len(body)) + body)


# --- The folders --------------------------------------------------------------------------------


def make_library(root):
    for name, kind, tags, seconds, fields in LIBRARY:
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        make_sound(kind, path, seconds)
        write_tags(kind, tags, path, fields)
    harbour = root / "Sólveig & the Tidewater/Harbour Lights"
    make_cover(harbour / "cover.jpg")
    (harbour / "notes.txt").write_text("Neighbours like this one are no music and no error.\n")
    (harbour / "playlist.m3u").write_text(
        "".join(f"{path.name}\n" for path in sorted(harbour.glob("*.mp3"))))


def make_cover(path):
    run("ffmpeg", "-nostdin", "-v", "error", "-y", "-f", "lavfi", "-i", "color=teal:size=8x8", "-frames:v", "1",
        "-map_metadata", "-1", "-fflags", "+bitexact", "-flags:v", "+bitexact", path)


def make_untagged(root):
    root.mkdir()
    for kind in UNTAGGED:
        make_sound(kind, root / f"untagged.{ {'mpc8': 'mpc'}.get(kind, kind) }", 1.2)


def make_bad(root, library):
    root.mkdir()
    by_title = {path.stem.split(" ", 1)[1]: path.read_bytes() for path in library.rglob("*") if " " in path.stem and path.is_file()}
    noise = b"".join(md5(bytes([seed])).digest() for seed in range(64))
    files = {
        "empty.mp3": b"",
        "empty.flac": b"",
        "zeros.mp3": bytes(2048),
        "text.mp3": b"This is a letter, not a song.\n",
        "noise.flac": noise,
        "noise.m4a": noise,
        # Cut in the middle of what a reader needs: the tag, the stream info, the headers, the atoms.
        "cut in its tag.mp3": by_title["Low Tide"][:60],
        "cut in its stream info.flac": by_title["Première neige"][:30],
        "cut in its headers.ogg": by_title["Rue des Étoiles"][:100],
        "cut in its atoms.m4a": by_title["Рассвет"][:400],
        "cut in its descriptor.ape": by_title["Thermals"][:40],
        "cut in its chunk.wav": by_title["Lift"][:20],
        # Says that it has no channels, on which lofty 0.25 panics.
        "no channels.opus": without_channels(by_title["Tramway"]),
    }
    for name, content in files.items():
        (root / name).write_bytes(content)


def without_channels(opus):
    """An Opus stream whose head says that it has 0 channels."""
    stream = bytearray(opus)
    stream[stream.index(b"OpusHead") + 9] = 0
    return with_serial(bytes(stream), 1)


def with_serial(stream, serial):
    """An Ogg stream with another serial number, and the checksums of all its pages made right."""
    pages = bytearray(stream)
    start = 0
    while start < len(pages):
        segments = pages[start + 26]
        end = start + 27 + segments + sum(pages[start + 27:start + 27 + segments])
        pages[start + 14:start + 18] = struct.pack("<I", serial)
        pages[start + 22:start + 26] = bytes(4)
        pages[start + 22:start + 26] = struct.pack("<I", ogg_checksum(pages[start:end]))
        start = end
    return bytes(pages)


def ogg_checksum(data):
    """CRC-32 with polynomial 0x04c11db7, unreflected, from 0 (RFC 3533)."""
    checksum = 0
    for byte in data:
        checksum ^= byte << 24
        for _ in range(8):
            checksum = (checksum << 1 ^ (0x04C11DB7 if checksum & 0x8000_0000 else 0)) & 0xFFFF_FFFF
    return checksum


def main():
    target = Path(sys.argv[1] if len(sys.argv) > 1 else Path(__file__).parent)
    for name in ("library", "untagged", "bad"):
        shutil.rmtree(target / name, ignore_errors=True)
    make_library(target / "library")
    make_untagged(target / "untagged")
    make_bad(target / "bad", target / "library")


if __name__ == "__main__":
    main()
