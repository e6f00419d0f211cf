"""The words of the assortment in four languages. A product is one of forty kinds in one of five series, and its name is
composed as each language composes it, so that two hundred products read like names and not like a machine."""

from __future__ import annotations

from msgspec import Struct

LANGUAGES = ("en", "ja", "he", "ar")


class Words(Struct, frozen=True):
    """One phrase in the four languages."""

    en: str
    ja: str
    he: str
    ar: str

    def in_(self, language: str) -> str:
        return {"en": self.en, "ja": self.ja, "he": self.he, "ar": self.ar}[language]


class Series(Struct, frozen=True):
    """A design that runs through the assortment. `code` is the middle of a SKU."""

    code: str
    name: Words
    mood: Words


class Axis(Struct, frozen=True):
    """What the three variants of a kind differ in: codes end the SKU. `contents` with `unit` (UCUM) are given where
    consumer law asks for a price per measure."""

    option: str
    values: tuple[tuple[str, str], ...]
    factors: tuple[str, ...] = ("1", "1", "1")
    contents: tuple[int, ...] = ()
    unit: str = ""


class Ware(Struct, frozen=True):
    """`price` is the gross price in pounds of the first variant in the first series."""

    code: str
    name: Words
    category: str
    brand: str
    axis: str
    price: str


AXES = {
    "size": Axis("Size", (("S", "Small"), ("M", "Medium"), ("L", "Large")), ("1", "1.25", "1.6")),
    "colour": Axis("Colour", (("INK", "Ink"), ("SAN", "Sand"), ("MOS", "Moss"))),
    "weight": Axis(
        "Weight", (("100", "100 g"), ("250", "250 g"), ("500", "500 g")), ("1", "2.1", "3.6"), (100, 250, 500), "g"
    ),
    "volume": Axis(
        "Volume", (("250", "250 ml"), ("500", "500 ml"), ("750", "750 ml")), ("1", "1.7", "2.3"), (250, 500, 750), "mL"
    ),
    "pieces": Axis("Pieces", (("P1", "Single"), ("P4", "Set of 4"), ("P6", "Set of 6")), ("1", "3.6", "5")),
}

SERIES = (
    Series(
        "HAR",
        Words("Harbour", "ハーバー", "נמל", "ميناء"),
        Words(
            "Calm blues of a small port.", "小さな港の穏やかな青。", "כחול רגוע של נמל קטן.", "زرقة هادئة لميناء صغير."
        ),
    ),
    Series(
        "MEA",
        Words("Meadow", "メドウ", "אחו", "مرج"),
        Words("Greens of early summer.", "初夏の緑。", "ירוק של תחילת הקיץ.", "خضرة أوائل الصيف."),
    ),
    Series(
        "EMB",
        Words("Ember", "エンバー", "גחלת", "جمرة"),
        Words(
            "Warm tones for long evenings.",
            "長い夜のための温かな色。",
            "גוונים חמים לערבים ארוכים.",
            "ألوان دافئة لأمسيات طويلة.",
        ),
    ),
    Series(
        "DUN",
        Words("Dune", "デューン", "דיונה", "كثبان"),
        Words("The colours of dry sand.", "乾いた砂の色。", "צבעי חול יבש.", "ألوان الرمال الجافة."),
    ),
    Series(
        "FRO",
        Words("Frost", "フロスト", "כפור", "صقيع"),
        Words(
            "Clear and pale like a winter morning.",
            "冬の朝のように澄んだ淡い色。",
            "בהיר וצלול כבוקר חורף.",
            "صافٍ وشاحب كصباح شتوي.",
        ),
    ),
)

CATEGORIES: dict[str, tuple[str | None, Words]] = {
    "home": (None, Words("Home", "ホーム", "בית", "المنزل")),
    "kitchen": ("home", Words("Kitchen", "キッチン", "מטבח", "المطبخ")),
    "tableware": ("kitchen", Words("Tableware", "食器", "כלי שולחן", "أدوات المائدة")),
    "cooking": ("kitchen", Words("Cooking", "調理器具", "בישול", "الطهي")),
    "linen": ("kitchen", Words("Kitchen linen", "キッチンリネン", "טקסטיל למטבח", "منسوجات المطبخ")),
    "living": ("home", Words("Living room", "リビング", "סלון", "غرفة المعيشة")),
    "scent": ("living", Words("Home scent", "ルームフレグランス", "ריח לבית", "عطور المنزل")),
    "decor": ("living", Words("Decoration", "インテリア", "עיצוב", "ديكور")),
    "bath": ("home", Words("Bath", "バス", "אמבטיה", "الحمام")),
    "pantry": (None, Words("Pantry", "食品", "מזווה", "المؤونة")),
    "paper": (None, Words("Paper and play", "紙と遊び", "נייר ומשחק", "ورق وألعاب")),
    "garden": (None, Words("Garden", "ガーデン", "גינה", "الحديقة")),
}

CARE = {
    "tableware": Words("Dishwasher safe.", "食洗機対応。", "מתאים למדיח כלים.", "آمن في غسالة الأطباق."),
    "cooking": Words(
        "Made to last for decades.", "何十年も使える丈夫なつくり。", "נבנה לעשרות שנים.", "صُنع ليدوم عقوداً."
    ),
    "linen": Words("Wash at 40 degrees.", "40度で洗えます。", "כביסה ב-40 מעלות.", "يُغسل على حرارة 40 درجة."),
    "scent": Words("Made with natural oils.", "天然オイル使用。", "עם שמנים טבעיים.", "بزيوت طبيعية."),
    "decor": Words("Finished by hand.", "手仕上げ。", "בגימור ידני.", "تشطيب يدوي."),
    "bath": Words("Ware to the skin.", "肌にやさしい。", "עדין לעור.", "لطيف على البشرة."),
    "pantry": Words(
        "Keep cool and dry.", "涼しく乾いた場所で保存。", "לשמור במקום קריר ויבש.", "يُحفظ في مكان بارد وجاف."
    ),
    "paper": Words("Printed on recycled paper.", "再生紙使用。", "מודפס על נייר ממוחזר.", "مطبوع على ورق معاد تدويره."),
    "garden": Words("For indoors and outdoors.", "屋内・屋外用。", "לפנים ולחוץ.", "للداخل والخارج."),
}

KINDS = (
    Ware(
        "MUG",
        Words("Stoneware mug", "ストーンウェアのマグカップ", "ספל קרמיקה", "كوب خزفي"),
        "tableware",
        "Kiln & Co",
        "size",
        "14.50",
    ),
    Ware(
        "ESP",
        Words("Espresso cup", "エスプレッソカップ", "ספל אספרסו", "فنجان إسبريسو"),
        "tableware",
        "Kiln & Co",
        "pieces",
        "9.50",
    ),
    Ware(
        "SAL", Words("Salad bowl", "サラダボウル", "קערת סלט", "وعاء سلطة"), "tableware", "Kiln & Co", "size", "24.00"
    ),
    Ware(
        "PLA",
        Words("Dinner plate", "ディナープレート", "צלחת הגשה", "طبق عشاء"),
        "tableware",
        "Kiln & Co",
        "pieces",
        "16.00",
    ),
    Ware("TPT", Words("Teapot", "ティーポット", "קומקום תה", "إبريق شاي"), "tableware", "Kiln & Co", "colour", "38.00"),
    Ware(
        "CRF",
        Words("Water carafe", "ウォーターカラフェ", "קנקן מים", "دورق ماء"),
        "tableware",
        "Clearwater",
        "size",
        "22.00",
    ),
    Ware(
        "BRD",
        Words("Olive-wood board", "オリーブウッドのまな板", "קרש חיתוך מעץ זית", "لوح تقطيع من خشب الزيتون"),
        "cooking",
        "Grove",
        "size",
        "29.00",
    ),
    Ware("KNF", Words("Chef's knife", "シェフナイフ", "סכין שף", "سكين طاهٍ"), "cooking", "Hagane", "size", "64.00"),
    Ware(
        "PAN",
        Words("Cast-iron pan", "鋳鉄フライパン", "מחבת ברזל יצוק", "مقلاة من الحديد الزهر"),
        "cooking",
        "Forge",
        "size",
        "48.00",
    ),
    Ware("APR", Words("Linen apron", "リネンのエプロン", "סינר פשתן", "مئزر كتان"), "linen", "Weft", "colour", "32.00"),
    Ware("TTW", Words("Tea towel", "キッチンクロス", "מגבת מטבח", "منشفة مطبخ"), "linen", "Weft", "pieces", "8.50"),
    Ware(
        "RUN",
        Words("Table runner", "テーブルランナー", "ראנר לשולחן", "مفرش طاولة"),
        "linen",
        "Weft",
        "colour",
        "26.00",
    ),
    Ware("NAP", Words("Linen napkin", "リネンナプキン", "מפית פשתן", "منديل كتان"), "linen", "Weft", "pieces", "7.50"),
    Ware(
        "CND", Words("Scented candle", "アロマキャンドル", "נר ריחני", "شمعة معطرة"), "scent", "Wick", "size", "18.00"
    ),
    Ware(
        "DIF",
        Words("Reed diffuser", "リードディフューザー", "מפיץ ריח", "موزع عطر"),
        "scent",
        "Wick",
        "volume",
        "28.00",
    ),
    Ware(
        "THR",
        Words("Wool throw", "ウールのブランケット", "שמיכת צמר", "بطانية صوف"),
        "decor",
        "Weft",
        "colour",
        "75.00",
    ),
    Ware(
        "CUS",
        Words("Cotton cushion", "コットンクッション", "כרית כותנה", "وسادة قطن"),
        "decor",
        "Weft",
        "size",
        "30.00",
    ),
    Ware(
        "VAS",
        Words("Glass vase", "ガラスの花瓶", "אגרטל זכוכית", "مزهرية زجاجية"),
        "decor",
        "Clearwater",
        "size",
        "34.00",
    ),
    Ware(
        "LMP", Words("Table lamp", "テーブルランプ", "מנורת שולחן", "مصباح طاولة"), "decor", "Lumen", "colour", "89.00"
    ),
    Ware("FRM", Words("Picture frame", "フォトフレーム", "מסגרת תמונה", "إطار صور"), "decor", "Grove", "size", "16.50"),
    Ware("CLK", Words("Wall clock", "掛け時計", "שעון קיר", "ساعة حائط"), "decor", "Lumen", "colour", "45.00"),
    Ware("BSK", Words("Storage basket", "収納バスケット", "סל אחסון", "سلة تخزين"), "decor", "Grove", "size", "21.00"),
    Ware(
        "STO",
        Words("Oak stool", "オークのスツール", "שרפרף עץ אלון", "كرسي صغير من خشب البلوط"),
        "decor",
        "Grove",
        "colour",
        "110.00",
    ),
    Ware(
        "SOA", Words("Hand soap", "ハンドソープ", "סבון ידיים", "صابون لليدين"), "bath", "Saltmarsh", "volume", "9.00"
    ),
    Ware("TOW", Words("Bath towel", "バスタオル", "מגבת רחצה", "منشفة استحمام"), "bath", "Weft", "size", "19.00"),
    Ware("SLT", Words("Bath salts", "バスソルト", "מלח אמבט", "أملاح استحمام"), "bath", "Saltmarsh", "weight", "6.50"),
    Ware(
        "CRM", Words("Hand cream", "ハンドクリーム", "קרם ידיים", "كريم لليدين"), "bath", "Saltmarsh", "volume", "14.00"
    ),
    Ware(
        "SHB", Words("Shampoo bar", "固形シャンプー", "שמפו מוצק", "شامبو صلب"), "bath", "Saltmarsh", "pieces", "8.00"
    ),
    Ware("TEA", Words("Black tea", "紅茶", "תה שחור", "شاي أسود"), "pantry", "Leaf & Bean", "weight", "7.50"),
    Ware(
        "COF",
        Words("Ground coffee", "挽きコーヒー", "קפה טחון", "قهوة مطحونة"),
        "pantry",
        "Leaf & Bean",
        "weight",
        "6.00",
    ),
    Ware("HON", Words("Blossom honey", "はちみつ", "דבש פרחים", "عسل أزهار"), "pantry", "Grove", "weight", "5.50"),
    Ware("OIL", Words("Olive oil", "オリーブオイル", "שמן זית", "زيت زيتون"), "pantry", "Grove", "volume", "9.50"),
    Ware(
        "CHO",
        Words("Dark chocolate", "ダークチョコレート", "שוקולד מריר", "شوكولاتة داكنة"),
        "pantry",
        "Leaf & Bean",
        "weight",
        "4.50",
    ),
    Ware(
        "DAT",
        Words("Medjool dates", "マジョールデーツ", "תמרי מג'הול", "تمر مجهول"),
        "pantry",
        "Grove",
        "weight",
        "3.90",
    ),
    Ware("NTB", Words("Notebook", "ノート", "מחברת", "دفتر"), "paper", "Folio", "size", "11.00"),
    Ware(
        "CRD",
        Words("Greeting cards", "グリーティングカード", "כרטיסי ברכה", "بطاقات تهنئة"),
        "paper",
        "Folio",
        "pieces",
        "3.50",
    ),
    Ware(
        "WRP",
        Words("Gift wrap", "ラッピングペーパー", "נייר עטיפה", "ورق تغليف هدايا"),
        "paper",
        "Folio",
        "pieces",
        "4.00",
    ),
    Ware("PUZ", Words("Wooden puzzle", "木製パズル", "פאזל עץ", "أحجية خشبية"), "paper", "Folio", "size", "23.00"),
    Ware("TOY", Words("Soft toy", "ぬいぐるみ", "בובה רכה", "دمية محشوة"), "paper", "Weft", "size", "17.00"),
    Ware(
        "POT",
        Words("Terracotta planter", "テラコッタの鉢", "עציץ חרס", "أصيص من الفخار"),
        "garden",
        "Kiln & Co",
        "size",
        "13.00",
    ),
)


def title(kind: Ware, series: Series, language: str) -> str:
    """The name as the language writes it: the series in its own quotation marks after the thing."""
    thing, name = kind.name.in_(language), series.name.in_(language)
    if language == "en":
        return f"{series.name.en} {kind.name.en[0].lower()}{kind.name.en[1:]}"
    marks = {"ja": "{}「{}」", "he": "{} „{}”", "ar": "{} «{}»"}
    return marks[language].format(thing, name)


def description(kind: Ware, series: Series, language: str) -> str:
    return f"{series.mood.in_(language)} {CARE[kind.category].in_(language)}"
