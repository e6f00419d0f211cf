product = { $title }.
product-branded = { $title }, של { $brand }.
price = המחיר הוא { $price }{ $tax ->
    [EXCLUDED] , לא כולל מע״מ
   *[other] {""}
}.
price-reduced = המחיר הוא { $price }{ $tax ->
    [EXCLUDED] , לא כולל מע״מ
   *[other] {""}
}, במקום { $list }.
stale = ייתכן שהמידע השתנה מאז { $time } ב־{ $date }.
delivery-in-stock = המוצר במלאי וניתן לקבל אותו במשלוח עד { $date }.
delivery-low-stock = { $quantity ->
    [one] נשארה יחידה אחת בלבד
    [two] נשארו שתי יחידות בלבד
   *[other] נשארו { $quantity } יחידות בלבד
}. ניתן לקבל במשלוח עד { $date }.
delivery-out-of-stock = המוצר אזל מהמלאי למשלוח.
delivery-unknown = כרגע אי אפשר לדעת אם ניתן לשלוח את המוצר.
pickup-in-stock = ניתן לאסוף מ{ $store }{ $near ->
    [YES] {", "}במרחק { $distance },
   *[other] {""}
} החל מ־{ $time } ב־{ $date }.
pickup-low-stock = { $quantity ->
    [one] היחידה האחרונה נמצאת
    [two] שתי היחידות האחרונות נמצאות
   *[other] { $quantity } היחידות האחרונות נמצאות
} ב{ $store }{ $near ->
    [YES] {", "}במרחק { $distance }
   *[other] {""}
}, לאיסוף החל מ־{ $time } ב־{ $date }.
pickup-out-of-stock = המוצר אינו זמין לאיסוף בקרבתך.
pickup-unknown = כרגע אי אפשר לדעת אם המוצר נמצא בחנות.
incomplete = לא ניתן היה לבדוק את כל המקומות.
store = { $name }, { $address }{ $near ->
    [YES] {", "}במרחק { $distance }
   *[other] {""}
}.
store-open = החנות פתוחה היום עד { $time }.
store-open-until = החנות פתוחה עד { $time } ב־{ $date }.
store-always = החנות פתוחה 24 שעות ביממה.
store-opens = החנות נפתחת בשעה { $time } ב־{ $date }.
store-closed = החנות סגורה.
order = ההזמנה { $number } מ־{ $date } בסך { $total } { $status ->
    [OPEN] פתוחה
    [CONFIRMED] אושרה
    [PARTIALLY_FULFILLED] נשלחה בחלקה
    [FULFILLED] הושלמה
    [CANCELLED] בוטלה
    [RETURNED] הוחזרה
   *[other] בטיפול
}.
receipt = ב־{ $date } קנית { $count ->
    [one] פריט אחד
    [two] שני פריטים
   *[other] { $count } פריטים
} בסך { $total }.
refund = ב־{ $date } הוחזרו לך { $total }.
cart-empty = העגלה שלך ריקה.
cart = בעגלה שלך { $count ->
    [one] יש פריט אחד
    [two] יש שני פריטים
   *[other] יש { $count } פריטים
}.
cart-total = הסכום הכולל הוא { $total }.
cart-total-unknown = כרגע אי אפשר לומר מה הסכום הכולל.
plan-pickup = { $all ->
    [YES] אפשר לאסוף הכול
   *[other] { $count ->
        [one] אפשר לאסוף פריט אחד
        [two] אפשר לאסוף שני פריטים
       *[other] אפשר לאסוף { $count } פריטים
    }
} מ{ $store }{ $near ->
    [YES] {", "}במרחק { $distance },
   *[other] {""}
} החל מ־{ $time } ב־{ $date }.
plan-pickup-unknown = { $all ->
    [YES] אפשר לאסוף הכול
   *[other] { $count ->
        [one] אפשר לאסוף פריט אחד
        [two] אפשר לאסוף שני פריטים
       *[other] אפשר לאסוף { $count } פריטים
    }
} מ{ $store }.
plan-delivery = { $all ->
    [YES] אפשר לקבל הכול במשלוח
   *[other] { $count ->
        [one] אפשר לקבל פריט אחד במשלוח
        [two] אפשר לקבל שני פריטים במשלוח
       *[other] אפשר לקבל { $count } פריטים במשלוח
    }
} עד { $date }.
plan-delivery-unknown = { $all ->
    [YES] אפשר לקבל הכול במשלוח
   *[other] { $count ->
        [one] אפשר לקבל פריט אחד במשלוח
        [two] אפשר לקבל שני פריטים במשלוח
       *[other] אפשר לקבל { $count } פריטים במשלוח
    }
}, אבל כרגע אי אפשר לומר מתי.
plan-cost = המשלוח עולה { $price }.
plan-free = המשלוח חינם.
plan-missing = { $count ->
    [one] פריט אחד אינו זמין
    [two] שני פריטים אינם זמינים
   *[other] { $count } פריטים אינם זמינים
}.
