"""Names of our own invention: brands by taxonomy group with their standing, model names, first names of reviewers."""

# group: brand -> standing, 0 (a bargain) to 1 (the dear one)
BRANDS: dict[str, dict[str, float]] = {
    "electronics/audio": {"Tavoro": 0.8, "Hushline": 0.55, "Orbel": 0.35, "Kestone Audio": 0.95, "Pluvia": 0.2, "Noctave": 0.65, "Brassette": 0.45},
    "electronics/computers": {"Quillan": 0.75, "Veridesk": 0.55, "Nimbro": 0.3, "Hexaform": 0.9, "Typewell": 0.5, "Ardent Loop": 0.65, "Zello & Park": 0.2},
    "electronics/phones": {"Ovanta": 0.85, "Miravel": 0.6, "Juno Kit": 0.3, "Fennec Mobile": 0.5, "Chargely": 0.35, "Plug & Plover": 0.45, "Kovo": 0.15},
    "electronics/viewing": {"Luminar Bay": 0.7, "Sightwell": 0.5, "Aurelio Vision": 0.95, "Halden": 0.35, "Pixelmoor": 0.2, "Strapwise": 0.45},
    "electronics/photo": {"Calvera": 0.9, "Fokalis": 0.7, "Brennlinse": 0.8, "Tern Optics": 0.5, "Skyferry": 0.4, "Tripodium": 0.3},
    "fashion/tops": {"Wrenfield": 0.55, "Maison Aubry": 0.95, "Saltwick": 0.4, "Loomery": 0.7, "Ordinary Tuesday": 0.25, "Fjordling": 0.6, "Nettle & Thread": 0.5},
    "fashion/outerwear": {"Fjordling": 0.65, "Harrow Pass": 0.8, "Saltwick": 0.4, "Maison Aubry": 0.95, "Cloudbreak Supply": 0.5, "Tarn & Moor": 0.7},
    "fashion/bottoms": {"Copperseam": 0.7, "Ordinary Tuesday": 0.25, "Nettle & Thread": 0.5, "Maison Aubry": 0.95, "Saltwick": 0.4, "Lindenrow": 0.6},
    "fashion/shoes": {"Pavement Club": 0.5, "Strandkorb": 0.35, "Calzaro": 0.9, "Hobnail & Sons": 0.75, "Miloca": 0.6, "Fieldstep": 0.3},
    "fashion/bags": {"Carrow": 0.6, "Satchel Street": 0.45, "Ponteverde": 0.95, "Hold & Haul": 0.3, "Elmhide": 0.75},
    "fashion/accessories": {"Pippin Lane": 0.35, "Corvane": 0.9, "Moth & Mitten": 0.5, "Sundial Bros": 0.6, "Toelina": 0.3, "Brightlid": 0.45},
    "grocery/drinks": {"Brasswick Roasters": 0.7, "Ollerby": 0.45, "Mistral & Fern": 0.8, "Sunhollow": 0.5, "Pipwater": 0.3, "Oatrow": 0.4, "Second Kettle": 0.6},
    "grocery/pantry": {"Casa Lume": 0.7, "Torrevana": 0.9, "Podsworth": 0.25, "Zaffre": 0.6, "Hiveborough": 0.65, "Nan Hollis": 0.5, "Delta Field": 0.4},
    "grocery/snacks": {"Cacaveri": 0.85, "Biskett": 0.45, "Krisply": 0.3, "Crunchley": 0.5, "Morning Ledge": 0.6, "Dunkwell": 0.4},
    "grocery/fresh": {"Alderdale": 0.7, "Fernhill Farm": 0.5, "Kuhgarten": 0.8, "Pennyfield": 0.3},
    "grocery/household": {"Suddley": 0.4, "Basinhouse": 0.85, "Rinsewell": 0.2, "Fig & Flannel": 0.7},
    "home/living": {"Sommerhus": 0.6, "Plainspoke": 0.35, "Atelier Corbin": 0.95, "Hearth & Hollow": 0.5, "Lowbrook": 0.7, "Stackwell": 0.25},
    "home/dining": {"Plainspoke": 0.35, "Lowbrook": 0.7, "Sitwright": 0.55, "Atelier Corbin": 0.95, "Table Nine": 0.45, "Desklund": 0.5},
    "home/bedroom": {"Slumber & Co-op": 0.4, "Nightjar": 0.65, "Sommerhus": 0.6, "Lowbrook": 0.75, "Terrywell": 0.3},
    "home/lighting": {"Glowmere": 0.5, "Lampwick": 0.7, "Studio Halm": 0.95, "Filament Row": 0.35},
    "home/textiles": {"Loomhaven": 0.6, "Kasbah Lane": 0.75, "Nestle-In": 0.3, "Warp & Wander": 0.5, "Fleece Street": 0.4},
    "home/kitchen": {"Ironbell": 0.8, "Potterby": 0.5, "Kiln & Co": 0.6, "Edgewright": 0.9, "Simmerdown": 0.35, "Larderlight": 0.45},
    "home/decor": {"Gilder & Moss": 0.7, "Studio Halm": 0.9, "Leafhouse": 0.45, "Emberly": 0.55, "Wickerby": 0.3, "Tinplate": 0.4},
}  # fmt: skip

MODELS: dict[str, tuple[str, ...]] = {
    "electronics": (
        "Tern", "Lark", "Nova", "Pico", "Vela", "Orin", "Mira", "Solace", "Arc", "Drift", "Echo Bay", "Fable", "Halo", "Ion", "Juniper", "Kite",
        "Lumen", "Motif", "Nimbus", "Onyx", "Pulse", "Quartz", "Ripple", "Strata", "Tempo", "Umbra", "Vero", "Wave", "Zenit", "Atlas", "Beacon",
        "Cirrus", "Delta", "Ember", "Fjord", "Glide", "Harbor", "Indigo", "Jet", "Keystone", "Lyric", "Meridian", "North", "Opal", "Prism", "Relay",
    ),
    "fashion": (
        "Alder", "Bruna", "Cleo", "Dune", "Elba", "Fenn", "Greta", "Hale", "Iris", "Jonah", "Kerra", "Lowell", "Marlow", "Nell", "Otis", "Pia",
        "Quinn", "Rhys", "Sable", "Tomas", "Una", "Vera", "Willa", "Xenia", "Yara", "Zola", "Anders", "Birdie", "Calla", "Dora", "Emil", "Freya",
        "Gus", "Hedda", "Ingrid", "Jules", "Kip", "Lotte", "Moss", "Nora", "Oskar", "Petra", "Rowan", "Silas", "Thea", "Ulla", "Viggo", "Wren",
    ),
    "grocery": ("Reserve", "Old Mill", "Harbour", "Orchard", "North Slope", "Little", "Grand", "Terrace", "Sunday", "Cellar", "Meadow", "Market"),
    "home": (
        "Aske", "Birka", "Cove", "Dal", "Elm Street", "Fala", "Grove", "Holm", "Isla", "Jord", "Kalmo", "Lune", "Mado", "Nesso", "Olm", "Pebble",
        "Rive", "Solna", "Tofta", "Uma", "Vester", "Wick", "Ystad Lane", "Ardenne", "Bramble", "Cala", "Dorn", "Esker", "Falun Row", "Gable", "Hollow",
        "Ivar's", "Juno", "Kelda", "Lido", "Marais", "Norrland", "Orlo", "Pomelo", "Quay", "Runa", "Skerry", "Tilde", "Umber", "Vale", "Willow", "Zinnia",
    ),
}  # fmt: skip

FIRST_NAMES = (
    "Amara", "Ben", "Chiara", "Diego", "Emeka", "Fatima", "Gita", "Hugo", "Ines", "Jakob", "Kaito", "Leila", "Marta", "Nils", "Olga", "Priya", "Quentin",
    "Rosa", "Samir", "Tess", "Ursula", "Viktor", "Wanda", "Xiu", "Yusuf", "Zoe", "Anna", "Bo", "Camille", "Dev", "Elif", "Finn", "Grace", "Hana", "Ivo",
    "Jin", "Karim", "Lena", "Mei", "Noah", "Oona", "Pavel", "Rahel", "Sven", "Tomoko", "Uma", "Vera", "Will", "Yara", "Zeynep", "Aoife", "Bruna", "Carlos",
    "Dina", "Erik", "Flora", "Goran", "Helga", "Isak", "Jana", "Kofi", "Luca", "Maja", "Nadia", "Owen", "Paula", "Rita", "Stella", "Tariq", "Lin", "Wei",
)  # fmt: skip
