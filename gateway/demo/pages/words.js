// The page's own few words in the four languages; everything else comes translated from the gateway.

const WORDS = {
  en: {
    web: "Web shopper", kiosk: "Kiosk in a store", voice: "Voice assistant", query: "the query it ran", answer: "the answer",
    IN_STOCK: "in stock", LOW_STOCK: "few left", OUT_OF_STOCK: "sold out", UNKNOWN: "not known", UNLIMITED: "always available",
    partial: "not every place could be heard", closed: "closed now", open: "open now", noSku: "no SKU", notSold: "no price here",
    say: "Say it", product: "product", price: "price", stock: "stock", person: "customer", points: "points", orders: "orders",
    hello: "Hello, {}", lastOrders: "Your last orders", missing: "This product does not exist here.", ssml: "as SSML",
    labels: ["Product", "Country", "Language", "as Ada, signed in", "Explorer", "Buy something"],
  },
  ja: {
    web: "ウェブの買い物客", kiosk: "店頭のキオスク", voice: "音声アシスタント", query: "実行したクエリ", answer: "回答",
    IN_STOCK: "在庫あり", LOW_STOCK: "残りわずか", OUT_OF_STOCK: "品切れ", UNKNOWN: "不明", UNLIMITED: "常時販売",
    partial: "確認できない場所があります", closed: "営業時間外", open: "営業中", noSku: "SKUなし", notSold: "価格なし",
    say: "読み上げる", product: "商品", price: "価格", stock: "在庫", person: "お客様", points: "ポイント", orders: "注文",
    hello: "{}さん、こんにちは", lastOrders: "最近のご注文", missing: "この商品はここにはありません。", ssml: "SSML",
    labels: ["商品", "国", "言語", "Adaとしてログイン", "エクスプローラー", "買い物をする"],
  },
  he: {
    web: "קונה באתר", kiosk: "עמדה בחנות", voice: "עוזר קולי", query: "השאילתה שנשלחה", answer: "התשובה",
    IN_STOCK: "במלאי", LOW_STOCK: "נותרו מעט", OUT_OF_STOCK: "אזל", UNKNOWN: "לא ידוע", UNLIMITED: "זמין תמיד",
    partial: "לא כל המקומות השיבו", closed: "סגור עכשיו", open: "פתוח עכשיו", noSku: "ללא מק״ט", notSold: "אין מחיר כאן",
    say: "הקראה", product: "מוצר", price: "מחיר", stock: "מלאי", person: "לקוח", points: "נקודות", orders: "הזמנות",
    hello: "שלום {}", lastOrders: "ההזמנות האחרונות שלך", missing: "המוצר אינו קיים כאן.", ssml: "כ־SSML",
    labels: ["מוצר", "מדינה", "שפה", "כניסה בתור Ada", "סייר", "לקנייה"],
  },
  ar: {
    web: "متسوق عبر الويب", kiosk: "جهاز في المتجر", voice: "مساعد صوتي", query: "الاستعلام المنفذ", answer: "الإجابة",
    IN_STOCK: "متوفر", LOW_STOCK: "كمية قليلة", OUT_OF_STOCK: "نفد", UNKNOWN: "غير معروف", UNLIMITED: "متوفر دائماً",
    partial: "تعذر سؤال بعض الأماكن", closed: "مغلق الآن", open: "مفتوح الآن", noSku: "بلا رمز", notSold: "لا سعر هنا",
    say: "انطق", product: "المنتج", price: "السعر", stock: "المخزون", person: "العميل", points: "النقاط", orders: "الطلبات",
    hello: "مرحباً {}", lastOrders: "طلباتك الأخيرة", missing: "هذا المنتج غير موجود هنا.", ssml: "بصيغة SSML",
    labels: ["المنتج", "البلد", "اللغة", "تسجيل الدخول باسم Ada", "المستكشف", "للشراء"],
  },
};

/** A word of the page in a language; the key itself where there is none. */
export const word = (language, key) => WORDS[language]?.[key] ?? WORDS.en[key] ?? key.toLowerCase().replaceAll("_", " ");

/** More words, by language. */
export function learn(words) {
  for (const [language, more] of Object.entries(words)) Object.assign(WORDS[language], more);
}
