"""The sandbox's own, minimal description of the models it serves: only fields that the adapter or a test asks for.

One line a field: name, kind, then where it comes from. `m2o:`, `o2m:` and `m2m:` name the other model (an `o2m` also
its inverse); `= path` reads another record; `computed` is worked out in `figures`; `digits=` names the precision it is
kept with; `owned` is the company a record gets unasked; `18+`, `-18` say which versions have it."""

MODELS = """
model product.template order id
  name char
  description_sale char
  company_id m2o:res.company
  active bool
  sale_ok bool
  type char
  is_storable bool 18+
  list_price float
  categ_id m2o:product.category
  uom_id m2o:uom.uom
  taxes_id m2m:account.tax
  product_variant_ids o2m:product.product:product_tmpl_id
  attribute_line_ids o2m:product.template.attribute.line:product_tmpl_id
  product_tag_ids m2m:product.tag
  website_url char computed website
  is_published bool website
  image_1920 char
  write_date datetime
model product.product order default_code,id
  default_code char
  barcode char
  active bool
  product_tmpl_id m2o:product.template
  price_extra float
  lst_price float computed digits=price
  standard_price float
  currency_id m2o:res.currency computed
  cost_currency_id m2o:res.currency computed
  free_qty float computed
  qty_available float computed
  stock_quant_ids o2m:stock.quant:product_id
  all_product_tag_ids m2m:product.tag = product_tmpl_id.product_tag_ids
  product_template_attribute_value_ids m2m:product.template.attribute.value
  name char = product_tmpl_id.name
  sale_ok bool = product_tmpl_id.sale_ok
  type char = product_tmpl_id.type
  is_storable bool = product_tmpl_id.is_storable 18+
  categ_id m2o:product.category = product_tmpl_id.categ_id
  uom_id m2o:uom.uom = product_tmpl_id.uom_id
  taxes_id m2m:account.tax = product_tmpl_id.taxes_id
  image_1920 char = product_tmpl_id.image_1920
  write_date datetime
model product.category order complete_name
  name char
  parent_id m2o:product.category
  complete_name char computed
  parent_path char computed
model product.tag order id
  name char
model product.attribute order id
  name char
model product.attribute.value order id
  name char
  attribute_id m2o:product.attribute
model product.template.attribute.line order id
  product_tmpl_id m2o:product.template
  attribute_id m2o:product.attribute
  value_ids m2m:product.attribute.value
model product.template.attribute.value order id
  product_attribute_value_id m2o:product.attribute.value
  attribute_id m2o:product.attribute = product_attribute_value_id.attribute_id
  name char = product_attribute_value_id.name
model uom.uom order id
  name char
  factor float
  category_id m2o:uom.category -18
model uom.category order id
  name char
model account.tax order sequence,id
  name char
  amount float
  amount_type char
  price_include bool computed
  price_include_override char 18+
  include_base_amount bool
  is_base_affected bool
  has_negative_factor bool 18+
  children_tax_ids m2m:account.tax
  company_id m2o:res.company
  sequence int
  active bool
  original_tax_ids m2m:account.tax 19+
model account.fiscal.position order id
  name char
  auto_apply bool
  country_id m2o:res.country
  company_id m2o:res.company owned
  active bool
  tax_ids o2m:account.fiscal.position.tax:position_id -18
  tax_ids m2m:account.tax 19+
model account.fiscal.position.tax order id
  position_id m2o:account.fiscal.position
  tax_src_id m2o:account.tax
  tax_dest_id m2o:account.tax
model product.pricelist order sequence,id
  name char
  active bool
  sequence int
  currency_id m2o:res.currency
  company_id m2o:res.company
  item_ids o2m:product.pricelist.item:pricelist_id
model product.pricelist.item order applied_on,min_quantity desc,categ_id.complete_name desc,id desc
  pricelist_id m2o:product.pricelist
  company_id m2o:res.company = pricelist_id.company_id
  applied_on char
  compute_price char
  base char
  base_pricelist_id m2o:product.pricelist
  min_quantity float
  product_id m2o:product.product
  product_tmpl_id m2o:product.template
  categ_id m2o:product.category
  date_start datetime
  date_end datetime
  fixed_price float
  percent_price float
  price_discount float
  price_markup float 18+
  price_round float
  price_surcharge float
  price_min_margin float
  price_max_margin float
model res.currency order name
  name char
  decimal_places int computed
  rounding float
model res.currency.rate order name desc,id
  name date
  rate float
  currency_id m2o:res.currency
  company_id m2o:res.company
model res.company order id
  name char
  currency_id m2o:res.currency
  parent_id m2o:res.company
  parent_path char computed
  partner_id m2o:res.partner
  tax_calculation_rounding_method char
  account_price_include char 18+
model res.lang order name,id
  name char
  code char
  active bool
model res.users order name,id
  name char
  login char
model decimal.precision order id
  name char
  digits int
model stock.warehouse order id
  name char
  code char
  active bool
  company_id m2o:res.company owned
  partner_id m2o:res.partner
  lot_stock_id m2o:stock.location
  out_type_id m2o:stock.picking.type
model stock.location order complete_name,id
  complete_name char
  usage char
  active bool
  company_id m2o:res.company
  warehouse_id m2o:stock.warehouse
model stock.quant order id
  product_id m2o:product.product
  location_id m2o:stock.location
  quantity float
  reserved_quantity float
  company_id m2o:res.company
  owner_id m2o:res.partner
model stock.picking.type order sequence,id
  name char
  code char
  sequence int
  reservation_method char
  active bool
  company_id m2o:res.company owned
  warehouse_id m2o:stock.warehouse
  default_location_src_id m2o:stock.location
  default_location_dest_id m2o:stock.location
model stock.picking order id desc
  name char
  origin char
  state char computed
  user_id m2o:res.users
  company_id m2o:res.company = picking_type_id.company_id
  picking_type_id m2o:stock.picking.type
  location_id m2o:stock.location
  location_dest_id m2o:stock.location
  move_ids o2m:stock.move:picking_id
model stock.move order id
  name char -18
  origin char
  x_gateway char
  state char
  picking_id m2o:stock.picking
  company_id m2o:res.company = picking_id.company_id
  product_id m2o:product.product
  product_uom m2o:uom.uom = product_id.uom_id
  product_uom_qty float digits=unit
  quantity float digits=unit
  location_id m2o:stock.location
  location_dest_id m2o:stock.location
model mrp.bom order id
  type char
  active bool
  product_qty float
  product_id m2o:product.product
  product_tmpl_id m2o:product.template
  bom_line_ids o2m:mrp.bom.line:bom_id
model mrp.bom.line order id
  bom_id m2o:mrp.bom
  product_id m2o:product.product
  product_qty float
  product_uom_id m2o:uom.uom
  bom_product_template_attribute_value_ids m2m:product.template.attribute.value
model res.country order name
  name char
  code char
  state_ids o2m:res.country.state:country_id
model res.country.state order code
  name char
  code char
  country_id m2o:res.country
model res.partner.category order name
  name char
model res.partner order name,id
  name char
  active bool
  type char
  is_company bool
  company_name char
  user_id m2o:res.users
  parent_id m2o:res.partner
  commercial_partner_id m2o:res.partner computed
  email char
  email_normalized char computed
  phone char
  mobile char -18
  phone_sanitized char computed
  lang char
  ref char
  street char
  street2 char
  city char
  zip char
  state_id m2o:res.country.state
  country_id m2o:res.country
  partner_latitude float
  partner_longitude float
  category_id m2m:res.partner.category
  property_product_pricelist m2o:product.pricelist
  write_date datetime
model loyalty.program order sequence
  name char
  active bool
  sequence int
  program_type char
  trigger char
  applies_on char
  company_id m2o:res.company
  currency_id m2o:res.currency computed
  pricelist_ids m2m:product.pricelist
  date_from date
  date_to date
  limit_usage bool
  max_usage int
  total_order_count int
  portal_point_name char
  sale_ok bool
  pos_ok bool
  rule_ids o2m:loyalty.rule:program_id
model loyalty.rule order id
  program_id m2o:loyalty.program
  company_id m2o:res.company = program_id.company_id
  active bool
  mode char
  code char
  reward_point_mode char
  reward_point_amount float
  reward_point_split bool
  minimum_qty int
  minimum_amount float
  minimum_amount_tax_mode char
  product_domain char
  product_ids m2m:product.product
  product_category_id m2o:product.category
  product_tag_id m2o:product.tag
model loyalty.card order id
  program_id m2o:loyalty.program
  partner_id m2o:res.partner
  company_id m2o:res.company = program_id.company_id
  points float
  active bool
  create_date datetime
model loyalty.history order id desc 18+
  card_id m2o:loyalty.card
  company_id m2o:res.company = card_id.company_id
  create_date datetime
  issued float
  used float
  description char
  order_id int
model sale.order order date_order desc,id desc
  name char
  state char
  delivery_status char
  date_order datetime
  client_order_ref char
  origin char
  reference char
  locked bool
  x_web_order char
  user_id m2o:res.users
  company_id m2o:res.company owned
  partner_id m2o:res.partner
  partner_invoice_id m2o:res.partner
  partner_shipping_id m2o:res.partner
  pricelist_id m2o:product.pricelist
  fiscal_position_id m2o:account.fiscal.position
  currency_id m2o:res.currency
  warehouse_id m2o:stock.warehouse
  amount_untaxed float
  amount_tax float
  amount_total float
  order_line o2m:sale.order.line:order_id
model sale.order.line order id
  order_id m2o:sale.order
  name char
  display_type char
  product_id m2o:product.product
  company_id m2o:res.company = order_id.company_id
  product_uom_qty float digits=unit
  price_unit float digits=price
  discount float digits=discount
  price_subtotal float
  price_tax float
  price_total float
model pos.config order id
  name char
  company_id m2o:res.company owned
  picking_type_id m2o:stock.picking.type
model pos.order order date_order desc,id desc
  name char
  pos_reference char
  uuid char
  state char
  date_order datetime
  company_id m2o:res.company owned
  partner_id m2o:res.partner
  currency_id m2o:res.currency
  config_id m2o:pos.config
  amount_tax float
  amount_total float
  refunded_order_id m2o:pos.order
  lines o2m:pos.order.line:order_id
model pos.order.line order id
  order_id m2o:pos.order
  company_id m2o:res.company = order_id.company_id
  full_product_name char
  product_id m2o:product.product
  qty float
  price_unit float
  discount float
  price_subtotal float
  price_subtotal_incl float
"""
