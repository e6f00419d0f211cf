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
