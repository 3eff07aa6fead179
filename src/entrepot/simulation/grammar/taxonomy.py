"""The demo market's own taxonomy: industry, group, leaf; slugs with English and Chinese names."""

from collections.abc import Mapping

Leaves = Mapping[str, tuple[str, str]]

TAXONOMY: Mapping[tuple[str, str, str], Mapping[tuple[str, str, str], Leaves]] = {
    ("electronics", "Electronics", "电子产品"): {
        ("audio", "Audio", "音频"): {
            "headphones": ("Headphones", "头戴式耳机"),
            "earbuds": ("Earbuds", "入耳式耳机"),
            "speakers": ("Speakers & Soundbars", "音箱与回音壁"),
            "turntables": ("Turntables", "黑胶唱机"),
            "microphones": ("Microphones", "麦克风"),
        },
        ("computers", "Computers", "电脑"): {
            "laptops": ("Laptops", "笔记本电脑"),
            "tablets": ("Tablets & E-readers", "平板与电子书"),
            "monitors": ("Monitors", "显示器"),
            "keyboards-mice": ("Keyboards & Mice", "键盘与鼠标"),
            "storage": ("Portable Storage", "移动存储"),
            "hubs-webcams": ("Hubs & Webcams", "扩展坞与摄像头"),
            "networking": ("Wi-Fi & Networking", "网络设备"),
        },
        ("phones", "Phones", "手机"): {
            "smartphones": ("Smartphones", "智能手机"),
            "phone-cases": ("Phone Cases", "手机壳"),
            "chargers-cables": ("Chargers & Cables", "充电器与数据线"),
            "power-banks": ("Power Banks", "充电宝"),
        },
        ("viewing", "TV, Gaming & Wearables", "影音娱乐与穿戴"): {
            "televisions": ("Televisions", "电视"),
            "projectors": ("Projectors", "投影仪"),
            "controllers": ("Game Controllers", "游戏手柄"),
            "smartwatches": ("Smartwatches", "智能手表"),
        },
        ("photo", "Photo & Drones", "摄影与无人机"): {
            "cameras": ("Cameras", "相机"),
            "lenses": ("Lenses", "镜头"),
            "tripods": ("Tripods", "三脚架"),
            "drones": ("Drones", "无人机"),
        },
    },
    ("fashion", "Fashion", "时尚"): {
        ("tops", "Tops", "上装"): {
            "t-shirts": ("T-Shirts", "T恤"),
            "shirts": ("Shirts", "衬衫"),
            "sweaters": ("Sweaters", "毛衣"),
            "hoodies": ("Hoodies", "卫衣"),
        },
        ("outerwear", "Outerwear", "外套"): {
            "jackets": ("Jackets", "夹克"),
            "coats": ("Coats & Puffers", "大衣与羽绒服"),
        },
        ("bottoms", "Bottoms & Dresses", "下装与连衣裙"): {
            "jeans": ("Jeans", "牛仔裤"),
            "trousers": ("Trousers", "长裤"),
            "shorts": ("Shorts", "短裤"),
            "dresses-skirts": ("Dresses & Skirts", "连衣裙与半身裙"),
        },
        ("shoes", "Shoes", "鞋履"): {
            "sneakers": ("Sneakers", "运动鞋"),
            "boots": ("Boots", "靴子"),
            "loafers-sandals": ("Loafers & Sandals", "乐福鞋与凉鞋"),
        },
        ("bags", "Bags", "箱包"): {
            "backpacks": ("Backpacks", "双肩包"),
            "handbags": ("Handbags & Totes", "手提包与托特包"),
            "wallets-belts": ("Wallets & Belts", "钱包与皮带"),
        },
        ("accessories", "Accessories", "配饰"): {
            "hats": ("Hats", "帽子"),
            "scarves": ("Scarves", "围巾"),
            "sunglasses": ("Sunglasses", "太阳镜"),
            "watches": ("Watches", "腕表"),
            "socks": ("Socks", "袜子"),
            "umbrellas": ("Umbrellas", "雨伞"),
        },
    },
    ("grocery", "Grocery", "食品杂货"): {
        ("drinks", "Drinks", "饮品"): {
            "coffee": ("Coffee", "咖啡"),
            "tea": ("Tea", "茶"),
            "juices-water": ("Juices & Sparkling Water", "果汁与气泡水"),
            "plant-drinks": ("Plant Drinks", "植物饮"),
        },
        ("pantry", "Pantry", "粮油调味"): {
            "pasta-rice": ("Pasta & Rice", "意面与大米"),
            "oils": ("Oils & Vinegars", "油与醋"),
            "sauces": ("Sauces", "酱料"),
            "tins": ("Tins", "罐头"),
            "spices": ("Spices", "香料"),
            "spreads": ("Honey, Jam & Spreads", "蜂蜜果酱"),
        },
        ("snacks", "Snacks & Breakfast", "零食与早餐"): {
            "chocolate": ("Chocolate", "巧克力"),
            "biscuits": ("Biscuits", "饼干"),
            "crisps": ("Crisps", "薯片"),
            "nuts": ("Nuts & Dried Fruit", "坚果与果干"),
            "granola": ("Granola", "格兰诺拉麦片"),
        },
        ("fresh", "Dairy & Eggs", "乳品与鸡蛋"): {
            "cheese": ("Cheese", "奶酪"),
            "eggs": ("Eggs", "鸡蛋"),
        },
        ("household", "Household", "家居清洁"): {
            "soap-cleaning": ("Soap & Cleaning", "洗手液与清洁"),
        },
    },
    ("home", "Home & Furniture", "家居家具"): {
        ("living", "Living Room", "客厅"): {
            "sofas": ("Sofas", "沙发"),
            "armchairs": ("Armchairs", "扶手椅"),
            "coffee-tables": ("Coffee Tables", "茶几"),
            "sideboards": ("Sideboards", "餐边柜"),
            "bookshelves": ("Bookshelves", "书架"),
        },
        ("dining", "Dining & Office", "餐厅与书房"): {
            "dining-tables": ("Dining Tables", "餐桌"),
            "chairs-stools": ("Chairs, Stools & Benches", "餐椅与凳子"),
            "desks": ("Desks", "书桌"),
            "office-chairs": ("Office Chairs", "办公椅"),
        },
        ("bedroom", "Bedroom & Bath", "卧室与卫浴"): {
            "beds": ("Beds", "床"),
            "dressers": ("Dressers & Nightstands", "斗柜与床头柜"),
            "towels": ("Towels", "毛巾"),
        },
        ("lighting", "Lighting", "灯具"): {
            "lamps": ("Table & Floor Lamps", "台灯与落地灯"),
            "pendants": ("Pendant Lights", "吊灯"),
        },
        ("textiles", "Rugs & Textiles", "地毯与布艺"): {
            "rugs": ("Rugs", "地毯"),
            "cushions-throws": ("Cushions & Throws", "抱枕与毯子"),
        },
        ("kitchen", "Kitchen & Table", "厨房与餐具"): {
            "mugs-glasses": ("Mugs & Glasses", "马克杯与玻璃杯"),
            "tableware": ("Plates & Bowls", "盘碗"),
            "cookware": ("Pots, Pans & Kettles", "锅具与水壶"),
            "knives-boards": ("Knives & Boards", "刀具与砧板"),
        },
        ("decor", "Decor", "装饰"): {
            "vases": ("Vases", "花瓶"),
            "plants": ("Plants", "绿植"),
            "candles": ("Candles", "香薰蜡烛"),
            "mirrors-clocks": ("Mirrors & Clocks", "镜子与挂钟"),
            "baskets": ("Baskets", "收纳篮"),
            "prints": ("Framed Prints", "装饰画"),
        },
    },
}
