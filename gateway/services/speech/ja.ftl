product = { $title }です。
product-branded = { $brand }の{ $title }です。
price = 価格は{ $price }{ $tax ->
    [EXCLUDED] （税別）
   *[other] {""}
}です。
price-reduced = 価格は{ $list }から値下げの{ $price }{ $tax ->
    [EXCLUDED] （税別）
   *[other] {""}
}です。
stale = { $date }の{ $time }以降に変わった可能性があります。
delivery-in-stock = 在庫があります。{ $date }までにお届けできます。
delivery-low-stock = 残り{ $quantity }点です。{ $date }までにお届けできます。
delivery-out-of-stock = 配送用の在庫がありません。
delivery-unknown = 現在、配送できるかどうか確認できません。
pickup-in-stock = { $store }{ $near ->
    [YES] （{ $distance }先）
   *[other] {""}
}で{ $date }の{ $time }から受け取れます。
pickup-low-stock = { $store }{ $near ->
    [YES] （{ $distance }先）
   *[other] {""}
}に残り{ $quantity }点です。{ $date }の{ $time }から受け取れます。
pickup-out-of-stock = 近くの店舗では受け取れません。
pickup-unknown = 現在、店舗に在庫があるかどうか確認できません。
incomplete = 一部の拠点は確認できませんでした。
store = { $name }、{ $address }{ $near ->
    [YES] 、{ $distance }先
   *[other] {""}
}です。
store-open = 本日は{ $time }まで営業しています。
store-open-until = { $date }の{ $time }まで営業しています。
store-always = 24時間営業しています。
store-opens = { $date }の{ $time }に開店します。
store-closed = 閉店しています。
order = { $date }のご注文{ $number }、合計{ $total }は{ $status ->
    [OPEN] 受付済み
    [CONFIRMED] 確定済み
    [PARTIALLY_FULFILLED] 一部発送済み
    [FULFILLED] 完了
    [CANCELLED] キャンセル済み
    [RETURNED] 返品済み
   *[other] 処理中
}です。
receipt = { $date }に{ $count }点、合計{ $total }のお買い上げです。
refund = { $date }に{ $total }を返金しました。
cart-empty = カートは空です。
cart = カートには{ $count }点入っています。
cart-total = 合計は{ $total }です。
cart-total-unknown = 合計は今はわかりません。
plan-pickup = { $all ->
    [YES] すべて
   *[other] { $count }点を
}{ $store }{ $near ->
    [YES] （{ $distance }先）
   *[other] {""}
}で、{ $date }の{ $time }から受け取れます。
plan-pickup-unknown = { $all ->
    [YES] すべて
   *[other] { $count }点を
}{ $store }で受け取れます。
plan-delivery = { $all ->
    [YES] すべて
   *[other] { $count }点を
}{ $date }までにお届けできます。
plan-delivery-unknown = { $all ->
    [YES] すべて
   *[other] { $count }点を
}お届けできますが、日時は今はわかりません。
plan-cost = 送料は{ $price }です。
plan-free = 送料は無料です。
plan-missing = { $count }点はご用意できません。
