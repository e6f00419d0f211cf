product = { $title }.
product-branded = { $title } من { $brand }.
price = السعر { $price }{ $tax ->
    [EXCLUDED] ، غير شامل الضريبة
   *[other] {""}
}.
price-reduced = السعر { $price }{ $tax ->
    [EXCLUDED] ، غير شامل الضريبة
   *[other] {""}
} بدلا من { $list }.
stale = ربما تغيرت هذه المعلومة منذ { $time } في { $date }.
delivery-in-stock = المنتج متوفر ويمكن توصيله بحلول { $date }.
delivery-low-stock = { $quantity ->
    [one] بقيت قطعة واحدة فقط
    [two] بقيت قطعتان فقط
    [few] بقيت { $quantity } قطع فقط
   *[other] بقيت { $quantity } قطعة فقط
}. يمكن التوصيل بحلول { $date }.
delivery-out-of-stock = المنتج غير متوفر للتوصيل.
delivery-unknown = لا يمكن معرفة إمكانية التوصيل حاليا.
pickup-in-stock = يمكنك استلامه من { $store }{ $near ->
    [YES] {"، "}على بعد { $distance }،
   *[other] {""}
} ابتداء من { $time } في { $date }.
pickup-low-stock = { $quantity ->
    [one] آخر قطعة موجودة
    [two] آخر قطعتين موجودتان
    [few] آخر { $quantity } قطع موجودة
   *[other] آخر { $quantity } قطعة موجودة
} في { $store }{ $near ->
    [YES] {"، "}على بعد { $distance }
   *[other] {""}
}، جاهزة ابتداء من { $time } في { $date }.
pickup-out-of-stock = المنتج غير متوفر للاستلام بالقرب منك.
pickup-unknown = لا يمكن معرفة توفره في المتاجر حاليا.
incomplete = تعذر سؤال بعض الأماكن.
store = { $name }، { $address }{ $near ->
    [YES] {"، "}على بعد { $distance }
   *[other] {""}
}.
store-open = المتجر مفتوح اليوم حتى { $time }.
store-open-until = المتجر مفتوح حتى { $time } يوم { $date }.
store-always = المتجر مفتوح على مدار الساعة.
store-opens = يفتح المتجر في { $time } يوم { $date }.
store-closed = المتجر مغلق.
order = طلبك { $number } بتاريخ { $date } بقيمة { $total } { $status ->
    [OPEN] قيد الانتظار
    [CONFIRMED] تم تأكيده
    [PARTIALLY_FULFILLED] تم شحن جزء منه
    [FULFILLED] مكتمل
    [CANCELLED] ملغى
    [RETURNED] تم إرجاعه
   *[other] قيد المعالجة
}.
receipt = في { $date } اشتريت { $count ->
    [one] قطعة واحدة
    [two] قطعتين
    [few] { $count } قطع
   *[other] { $count } قطعة
} بقيمة { $total }.
refund = في { $date } تم رد { $total } إليك.
cart-empty = سلتك فارغة.
cart = في سلتك { $count ->
    [one] منتج واحد
    [two] منتجان
    [few] { $count } منتجات
    [many] { $count } منتجًا
   *[other] { $count } منتج
}.
cart-total = المجموع { $total }.
cart-total-unknown = لا يمكنني معرفة المجموع الآن.
plan-pickup = { $all ->
    [YES] يمكنك استلام كل شيء
   *[other] { $count ->
        [one] يمكنك استلام منتج واحد
        [two] يمكنك استلام منتجين
        [few] يمكنك استلام { $count } منتجات
        [many] يمكنك استلام { $count } منتجًا
       *[other] يمكنك استلام { $count } منتج
    }
} من { $store }{ $near ->
    [YES] {"، "}على بعد { $distance }،
   *[other] {""}
} ابتداء من { $time } في { $date }.
plan-pickup-unknown = { $all ->
    [YES] يمكنك استلام كل شيء
   *[other] { $count ->
        [one] يمكنك استلام منتج واحد
        [two] يمكنك استلام منتجين
        [few] يمكنك استلام { $count } منتجات
        [many] يمكنك استلام { $count } منتجًا
       *[other] يمكنك استلام { $count } منتج
    }
} من { $store }.
plan-delivery = { $all ->
    [YES] يمكن توصيل كل شيء
   *[other] { $count ->
        [one] يمكن توصيل منتج واحد
        [two] يمكن توصيل منتجين
        [few] يمكن توصيل { $count } منتجات
        [many] يمكن توصيل { $count } منتجًا
       *[other] يمكن توصيل { $count } منتج
    }
} بحلول { $date }.
plan-delivery-unknown = { $all ->
    [YES] يمكن توصيل كل شيء
   *[other] { $count ->
        [one] يمكن توصيل منتج واحد
        [two] يمكن توصيل منتجين
        [few] يمكن توصيل { $count } منتجات
        [many] يمكن توصيل { $count } منتجًا
       *[other] يمكن توصيل { $count } منتج
    }
}، ولا يمكنني معرفة الموعد الآن.
plan-cost = تكلفة التوصيل { $price }.
plan-free = التوصيل مجاني.
plan-missing = { $count ->
    [one] منتج واحد غير متوفر
    [two] منتجان غير متوفرين
    [few] { $count } منتجات غير متوفرة
    [many] { $count } منتجًا غير متوفر
   *[other] { $count } منتج غير متوفر
}.
