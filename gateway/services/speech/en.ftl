product = { $title }.
product-branded = { $title }, by { $brand }.
price = It costs { $price }{ $tax ->
    [EXCLUDED] , plus tax
   *[other] {""}
}.
price-reduced = It costs { $price }{ $tax ->
    [EXCLUDED] , plus tax
   *[other] {""}
}, reduced from { $list }.
stale = This may have changed since { $time } on { $date }.
delivery-in-stock = It is in stock and can be delivered by { $date }.
delivery-low-stock = Only { $quantity ->
    [one] one piece is
   *[other] { $quantity } pieces are
} left. It can be delivered by { $date }.
delivery-out-of-stock = It is out of stock for delivery.
delivery-unknown = I cannot tell right now whether it can be delivered.
pickup-in-stock = You can pick it up at { $store }{ $near ->
    [YES] {", "}{ $distance } away,
   *[other] {""}
} from { $time } on { $date }.
pickup-low-stock = { $quantity ->
    [one] The last piece is
   *[other] The last { $quantity } pieces are
} at { $store }{ $near ->
    [YES] {", "}{ $distance } away
   *[other] {""}
}, ready from { $time } on { $date }.
pickup-out-of-stock = It is not available for pickup near you.
pickup-unknown = I cannot tell right now whether a store has it.
incomplete = Not every place could be asked.
store = { $name }, { $address }{ $near ->
    [YES] {", "}{ $distance } away
   *[other] {""}
}.
store-open = It is open today until { $time }.
store-open-until = It is open until { $time } on { $date }.
store-always = It is open round the clock.
store-opens = It opens at { $time } on { $date }.
store-closed = It is closed.
order = Your order { $number } of { $date } over { $total } is { $status ->
    [OPEN] open
    [CONFIRMED] confirmed
    [PARTIALLY_FULFILLED] partly on its way
    [FULFILLED] complete
    [CANCELLED] cancelled
    [RETURNED] returned
   *[other] being processed
}.
receipt = On { $date } you bought { $count ->
    [one] one item
   *[other] { $count } items
} for { $total }.
refund = On { $date } you were refunded { $total }.
cart-empty = Your cart is empty.
cart = In your cart { $count ->
    [one] is one item
   *[other] are { $count } items
}.
cart-total = The total is { $total }.
cart-total-unknown = I cannot tell the total right now.
plan-pickup = { $all ->
    [YES] Everything can be picked up
   *[other] { $count ->
        [one] One item
       *[other] { $count } items
    } can be picked up
} at { $store }{ $near ->
    [YES] {", "}{ $distance } away,
   *[other] {""}
} from { $time } on { $date }.
plan-pickup-unknown = { $all ->
    [YES] Everything can be picked up
   *[other] { $count ->
        [one] One item
       *[other] { $count } items
    } can be picked up
} at { $store }.
plan-delivery = { $all ->
    [YES] Everything can be delivered
   *[other] { $count ->
        [one] One item
       *[other] { $count } items
    } can be delivered
} by { $date }.
plan-delivery-unknown = { $all ->
    [YES] Everything can be delivered
   *[other] { $count ->
        [one] One item
       *[other] { $count } items
    } can be delivered
}; I cannot tell when.
plan-cost = Delivery costs { $price }.
plan-free = Delivery is free.
plan-missing = { $count ->
    [one] One item is
   *[other] { $count } items are
} not available.
