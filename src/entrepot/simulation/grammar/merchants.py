"""The 24 merchants of the demo market, six in each industry."""

import msgspec


class MerchantEntry(msgspec.Struct, frozen=True):
    slug: str
    name: str
    tagline: str
    about: str
    country: str  # ISO 3166 alpha-2
    city: str
    postcode: str
    latitude: float
    longitude: float
    groups: tuple[str, ...]  # taxonomy groups it sells
    commission_bps: int
    price_level: float  # times the usual price


MERCHANTS = (
    MerchantEntry("second-octave", "Second Octave", "Sound first, then the rest", "We are four people who repaired amplifiers for a living and now sell the things we stopped having to repair. Everything on our page has been in our own kitchens for at least a month.", "DE", "Leipzig", "04109", 51.34, 12.37, ("electronics/audio", "electronics/viewing"), 900, 1.02),
    MerchantEntry("port-and-plug", "Port & Plug", "Small things that make big things work", "Cables, chargers, hubs, cases: the drawer you are always looking for, sorted. Orders before three leave the same day, in a paper envelope when it fits.", "NL", "Utrecht", "3511", 52.09, 5.12, ("electronics/phones", "electronics/computers"), 800, 0.95),
    MerchantEntry("fieldview", "Fieldview Camera House", "For people who look twice", "A camera shop since film, on the same corner. We pick up the phone, we let you try lenses on Saturdays, and we buy back what you have outgrown.", "GB", "Bristol", "BS1", 51.45, -2.59, ("electronics/photo", "electronics/viewing"), 850, 1.05),
    MerchantEntry("northlight", "Northlight Computers", "Quiet machines, honest numbers", "We measure battery life ourselves and print what we found, not what we were told. If a laptop has a loud fan, the page says so.", "SE", "Uppsala", "753 10", 59.86, 17.64, ("electronics/computers", "electronics/phones"), 850, 1.0),
    MerchantEntry("voltamar", "Voltamar", "Everything with a plug, nothing with a catch", "Wide shelves, short words, fair prices. Our warehouse by the harbour holds most of what we list, and the counter downstairs is open until eight.", "ES", "Valencia", "46002", 39.47, -0.38, ("electronics/viewing", "electronics/phones", "electronics/audio", "electronics/computers"), 900, 0.92),
    MerchantEntry("kitemoor", "Kitemoor Outpost", "Gear for going out with a battery", "Drones, cameras, speakers and watches for people who come home muddy. Tested on the moor behind the shop, which is unkind to everything.", "IE", "Galway", "H91", 53.27, -9.05, ("electronics/photo", "electronics/audio"), 900, 1.03),
    MerchantEntry("harbour-row", "Harbour Row", "Clothes that get better", "Two sisters, one cutting table, and a list of eleven mills. We would rather mend a jacket than sell you a second one, and we do both.", "PT", "Porto", "4050", 41.15, -8.61, ("fashion/tops", "fashion/outerwear"), 1200, 1.08),
    MerchantEntry("good-monday", "Good Monday", "Weekday wear at weekday prices", "Plain things, cut well, in colours that go with each other. We drop new pieces on the first Monday of the month and never run a countdown clock.", "DK", "Aarhus", "8000", 56.16, 10.2, ("fashion/tops", "fashion/bottoms", "fashion/accessories"), 1100, 0.93),
    MerchantEntry("sole-district", "Sole District", "Every foot has a shoe", "Sneakers to welted boots, in whole sizes and honest widths. Send us a tracing of your foot and we will tell you which last to choose.", "IT", "Verona", "37121", 45.44, 10.99, ("fashion/shoes", "fashion/bags"), 1200, 1.0),
    MerchantEntry("corner-atelier", "Corner Atelier", "Dresses with pockets, all of them", "We design for bicycles, offices and weddings, often on the same day. Made in runs of two hundred, numbered inside the hem.", "FR", "Nantes", "44000", 47.22, -1.55, ("fashion/bottoms", "fashion/tops", "fashion/bags"), 1300, 1.12),
    MerchantEntry("tick-and-tassel", "Tick & Tassel", "The last five per cent of an outfit", "Watches, scarves, socks, sunglasses and hats: small enough to give away, good enough to keep.", "AT", "Graz", "8010", 47.07, 15.44, ("fashion/accessories", "fashion/bags"), 1250, 1.0),
    MerchantEntry("ridgeline", "Ridgeline Supply", "Dressed for weather", "Outerwear, boots and packs from people who commute by ferry. If it leaks, it comes back.", "NO", "Bergen", "5003", 60.39, 5.32, ("fashion/outerwear", "fashion/shoes", "fashion/bags"), 1150, 1.04),
    MerchantEntry("pantry-no-7", "Pantry No. 7", "Good staples, one shelf at a time", "We stock seven kinds of everything and no more. Each one was chosen at a long table with too many spoons.", "BE", "Ghent", "9000", 51.05, 3.72, ("grocery/pantry", "grocery/snacks"), 700, 1.02),
    MerchantEntry("morning-market", "Morning Market", "What the day begins with", "Coffee, tea, juice, oats and eggs, packed before dawn and carried by bicycle where the city allows it.", "NL", "Haarlem", "2011", 52.38, 4.64, ("grocery/drinks", "grocery/snacks", "grocery/fresh"), 750, 0.98),
    MerchantEntry("casa-sette", "Casa Sette", "A southern kitchen by post", "Oil, pasta, tins and spices from families we have known for years. Nonna still tastes the pesto, and she is strict.", "IT", "Lecce", "73100", 40.35, 18.17, ("grocery/pantry", "grocery/fresh"), 800, 1.06),
    MerchantEntry("leaf-and-bean", "Leaf & Bean", "Roasters and tea people", "We roast on Tuesdays and Fridays in a drum the size of a washing machine. Tea arrives twice a year, and we write down the weather.", "DE", "Bremen", "28195", 53.08, 8.8, ("grocery/drinks",), 800, 1.05),
    MerchantEntry("larder-and-load", "Larder & Load", "Fill the cupboard, close the tab", "Families, offices and shared flats buy here by the six and the twelve. Pallets in, boxes out, very little poetry.", "PL", "Poznan", "61-001", 52.41, 16.93, ("grocery/pantry", "grocery/snacks", "grocery/drinks", "grocery/household"), 600, 0.9),
    MerchantEntry("sweet-ferry", "The Sweet Ferry", "Chocolate, biscuits and small repairs to the day", "A kiosk on a pier that grew a web shop. We post on weekdays and eat the broken ones.", "GB", "Whitby", "YO21", 54.49, -0.61, ("grocery/snacks", "grocery/household"), 850, 1.04),
    MerchantEntry("lowland-living", "Lowland Living", "Furniture that leaves room", "Low, calm pieces in wood and cloth, made within two hundred kilometres. Delivered by people who take their shoes off.", "NL", "Eindhoven", "5611", 51.44, 5.48, ("home/living", "home/dining", "home/bedroom"), 1000, 1.05),
    MerchantEntry("hearthside", "Hearthside", "The whole house, at sensible prices", "From the sofa to the spoon. We buy whole containers, tell you the truth about veneers, and keep spare parts for ten years.", "PL", "Gdansk", "80-831", 54.35, 18.65, ("home/living", "home/dining", "home/bedroom", "home/kitchen"), 950, 0.9),
    MerchantEntry("copper-and-clay", "Copper & Clay", "For cooks and the people they feed", "Pots that last, knives that stay sharp, mugs from kilns we can drive to. We sharpen anything bought here, for ever.", "FR", "Lyon", "69001", 45.77, 4.83, ("home/kitchen", "home/decor"), 1000, 1.06),
    MerchantEntry("evening-lamp", "Evening Lamp", "Light for after dark", "Lamps and little else. Our rooms are lit only by what we sell, so you will find us in a good mood.", "DK", "Odense", "5000", 55.4, 10.39, ("home/lighting", "home/decor"), 1050, 1.03),
    MerchantEntry("moss-house", "Moss House", "Plants, candles and other quiet company", "A greenhouse, a workshop and a cat. Plants travel upright with a note; everything else is wrapped in last week's paper.", "BE", "Leuven", "3000", 50.88, 4.7, ("home/decor", "home/textiles"), 1050, 1.0),
    MerchantEntry("warp-street", "Warp Street Weavers", "Soft things, made slowly", "Rugs, throws, cushions and towels from eight small weaving sheds. Each label carries the name of a person.", "PT", "Guimaraes", "4800", 41.44, -8.29, ("home/textiles", "home/bedroom", "home/living"), 1000, 1.02),
)  # fmt: skip
