"""What library/ and untagged/ hold: make.py makes the files, ../round_trip/record.py the answers."""

TIDEWATER = {"artist": "Sólveig & the Tidewater", "album": "Harbour Lights", "genre": "Folk"}
BRUMAIRE = {"artist": "Radio Brumaire", "album": "Première neige", "genre": "Électronique"}
KEDR = {"artist": "Кедр", "album": "Северный свет", "genre": "Ambient"}
KITE = {"artist": "Kite Assembly", "album": "Paper Engines", "genre": "Post-Rock"}
DRIVE = {"album": "Songs for a Long Drive"}

# (path in library/, sound, tags to write, seconds, fields)
LIBRARY = [
    ("Sólveig & the Tidewater/Harbour Lights/01 Low Tide.mp3", "mp3", "id3v24", 2.2,
     {**TIDEWATER, "title": "Low Tide", "date": "2014-05-09T00:00:00", "track": "1/5", "disc": "1"}),
    ("Sólveig & the Tidewater/Harbour Lights/02 Ferry Café.mp3", "mp3", "id3v23", 1.5,
     {**TIDEWATER, "title": "Ferry Café", "date": "2014", "track": "2/5", "disc": "1"}),
    ("Sólveig & the Tidewater/Harbour Lights/03 Night Watch.mp3", "mp3", "id3v1", 1.5,
     {**TIDEWATER, "title": "Night Watch", "date": "2014", "track": "3"}),
    ("Sólveig & the Tidewater/Harbour Lights/04 The Lamp Room.mp3", "mp3", "apev2", 1.5,
     {**TIDEWATER, "title": "The Lamp Room", "date": "2014", "track": "4/5", "disc": "1"}),
    # The APEv2 tag of this one says other things; ID3v2 must win as a whole.
    ("Sólveig & the Tidewater/Harbour Lights/05 Salt Letter.mp3", "mp3", "id3v24+apev2", 1.5,
     {**TIDEWATER, "title": "Salt Letter", "date": "2014", "track": "5/5", "disc": "1"}),
    ("Radio Brumaire/Première neige/1-01 Première neige.flac", "flac", "vorbis", 3.1,
     {**BRUMAIRE, "title": "Première neige", "date": "1998", "track": "1", "disc": "1"}),
    ("Radio Brumaire/Première neige/1-02 Café du matin.flac", "flac", "vorbis", 2.5,
     {**BRUMAIRE, "title": "Café du matin", "date": "1998", "track": "2", "disc": "1"}),
    ("Radio Brumaire/Première neige/1-03 Rue des Étoiles.ogg", "ogg", "vorbis", 1.4,
     {**BRUMAIRE, "title": "Rue des Étoiles", "date": "1998", "track": "3", "disc": "1"}),
    ("Radio Brumaire/Première neige/2-01 Tramway.opus", "opus", "vorbis", 1.3,
     {**BRUMAIRE, "title": "Tramway", "date": "1998", "track": "1", "disc": "2"}),
    ("Кедр/Северный свет/01 Рассвет.m4a", "m4a", "mp4", 1.6,
     {**KEDR, "title": "Рассвет", "date": "2021", "track": "1/2", "disc": "1/1"}),
    ("Кедр/Северный свет/02 Тёплый камень.m4a", "alac", "mp4", 1.6,
     {**KEDR, "title": "Тёплый камень", "date": "2021", "track": "2/2", "disc": "1/1"}),
    ("Kite Assembly/Paper Engines/01 Take-off.wv", "wv", "apev2", 1.2,
     {**KITE, "title": "Take-off", "date": "2007", "track": "1/8", "disc": "1"}),
    ("Kite Assembly/Paper Engines/02 Thermals.ape", "ape", "apev2", 2.0,
     {**KITE, "title": "Thermals", "date": "2007", "track": "2/8", "disc": "1"}),
    ("Kite Assembly/Paper Engines/03 Glide Ratio.mpc", "mpc8", "apev2", 1.2,
     {**KITE, "title": "Glide Ratio", "date": "2007", "track": "3/8", "disc": "1"}),
    ("Kite Assembly/Paper Engines/04 Crosswind.mpc", "mpc7", "apev2", 2.0,
     {**KITE, "title": "Crosswind", "date": "2007", "track": "4/8", "disc": "1"}),
    ("Kite Assembly/Paper Engines/05 Tail Knot.spx", "spx", "vorbis", 1.2,
     {**KITE, "title": "Tail Knot", "date": "2007", "track": "5", "disc": "1"}),
    ("Kite Assembly/Paper Engines/06 Folding.aiff", "aiff", "id3v24", 1.2,
     {**KITE, "title": "Folding", "date": "2007", "track": "6/8", "disc": "1"}),
    ("Kite Assembly/Paper Engines/07 Lift.wav", "wav", "id3v24", 1.2,
     {**KITE, "title": "Lift", "date": "2007", "track": "7/8", "disc": "1"}),
    ("Kite Assembly/Paper Engines/08 Landing.aac", "aac", "id3v24", 1.4,
     {**KITE, "title": "Landing", "date": "2007", "track": "8/8", "disc": "1"}),
    # A second spelling of an artist, which sorts after the first: it names the artist (rule S8).
    ("Various Artists/Songs for a Long Drive/01 Overpass.mp3", "mp3", "id3v24", 1.1,
     {**DRIVE, "artist": "KITE ASSEMBLY", "genre": "Post-Rock", "title": "Overpass", "date": "2019", "track": "1"}),
    ("Various Artists/Songs for a Long Drive/02 İstanbul'da Gece.ogg", "ogg", "vorbis", 1.1,
     {**DRIVE, "artist": "Ayşe Işık", "genre": "Pop", "title": "İstanbul'da Gece", "date": "2019", "track": "2"}),
    ("Various Artists/Songs for a Long Drive/03 Straße nach Süden.wav", "wav", "riff-info", 1.1,
     {**DRIVE, "artist": "Großraum", "genre": "Rock", "title": "Straße nach Süden", "date": "2019", "track": "3"}),
]

UNTAGGED = ["mp3", "flac", "ogg", "opus", "m4a", "wav", "aiff", "ape", "wv", "mpc8", "spx", "aac"]
