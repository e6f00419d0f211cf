// What the sample catalogue lacks, added through its own public APIs: a second stock location, a second channel
// (EUR, prices include tax) and a third (JPY), German texts, a barcode, SKUs that clash, a hidden product, a customer with
// six orders and a basket, and read-only credentials. Returns the facts the tests compare with (tokens, ids, order codes).
'use strict';

const STREET = { fullName: 'Ada Lovelace', streetLine1: '1 Quay Street', city: 'Bristol', postalCode: 'BS1 1AA', countryCode: 'GB' };

const LOGIN =
  'mutation { login(username: "superadmin", password: "superadmin") { ... on CurrentUser { channels { token } } ... on ErrorResult { errorCode message } } }';

/** A caller of one API as one user: keeps the session's bearer token, fails on GraphQL errors and ErrorResults. */
function caller(endpoint, channelToken) {
  let session;
  return async function call(query, variables = {}) {
    const headers = { 'content-type': 'application/json' };
    if (session) headers.authorization = `Bearer ${session}`;
    if (channelToken) headers['vendure-token'] = channelToken;
    const response = await fetch(endpoint, { method: 'POST', headers, body: JSON.stringify({ query, variables }) });
    session = response.headers.get('vendure-auth-token') ?? session;
    const { data, errors } = await response.json();
    if (errors) throw new Error(JSON.stringify(errors[0]));
    const [value] = Object.values(data);
    if (value && value.errorCode) throw new Error(`${value.errorCode}: ${value.message}`);
    return value;
  };
}

async function variantsBySku(admin) {
  const { items } = await admin('{ productVariants(options: { take: 1000 }) { items { id sku productId } } }');
  return new Map(items.map(item => [item.sku, item]));
}

async function places(admin) {
  await admin(
    `mutation { updateStockLocation(input: { id: "1", name: "Bristol Warehouse", description: "Main warehouse" }) { id } }`,
  );
  return admin(
    `mutation { createStockLocation(input: { name: "Bath Shop", description: "Shop floor" }) { id } }`,
  );
}

async function languages(admin) {
  await admin(
    `mutation { updateGlobalSettings(input: { availableLanguages: [en, de] }) { ... on GlobalSettings { id } ... on ErrorResult { errorCode message } } }`,
  );
  await admin(
    `mutation { updateChannel(input: { id: "1", availableLanguageCodes: [en, de] }) { ... on Channel { id } ... on ErrorResult { errorCode message } } }`,
  );
}

/** A channel that sells some products at a factor of their default price, and sees one stock location. */
async function channel(admin, { code, currencies, pricesIncludeTax, priceFactor, productIds, locationId }) {
  const { items: zones } = await admin('{ zones { items { id name } } }');
  const zone = zones.find(item => item.name === 'Europe').id;
  const created = await admin(
    `mutation ($input: CreateChannelInput!) { createChannel(input: $input) { ... on Channel { id token } ... on ErrorResult { errorCode message } } }`,
    {
      input: {
        code, token: `${code}-channel-token`, defaultLanguageCode: 'en', availableLanguageCodes: ['en', 'de'],
        defaultCurrencyCode: currencies[0], availableCurrencyCodes: currencies, pricesIncludeTax,
        defaultTaxZoneId: zone, defaultShippingZoneId: zone,
      },
    },
  );
  await admin(
    `mutation ($input: AssignProductsToChannelInput!) { assignProductsToChannel(input: $input) { id } }`,
    { input: { channelId: created.id, productIds, priceFactor } },
  );
  await admin(
    `mutation ($input: AssignStockLocationsToChannelInput!) { assignStockLocationsToChannel(input: $input) { id } }`,
    { input: { channelId: created.id, stockLocationIds: [locationId] } },
  );
  return created;
}

async function catalogue(admin, bath, variants) {
  const laptop = variants.get('L2201308');
  await admin(
    `mutation ($input: UpdateProductInput!) { updateProduct(input: $input) { id } }`,
    {
      input: {
        id: laptop.productId,
        translations: [{ languageCode: 'de', name: 'Klapprechner', slug: 'klapprechner', description: 'Ein schneller Rechner.' }],
      },
    },
  );
  await admin(
    `mutation ($input: [UpdateProductVariantInput!]!) { updateProductVariants(input: $input) { id } }`,
    {
      input: [
        { id: laptop.id, customFields: { gtin: '4006381333931' }, stockLevels: [{ stockLocationId: bath.id, stockOnHand: 7 }] },
        // Vendure has no unique constraint on SKU: these two now clash, and one differs by case only.
        { id: variants.get('L2201508').id, sku: 'TWICE' },
        { id: variants.get('L2201316').id, sku: 'TWICE' },
        { id: variants.get('L2201516').id, sku: 'l2201308' },
      ],
    },
  );
  await admin(
    `mutation ($input: [UpdateProductVariantInput!]!) { updateProductVariants(input: $input) { id } }`,
    {
      input: [
        { id: variants.get('TBL200128').id, trackInventory: 'FALSE' },
        { id: variants.get('834444').id, useGlobalOutOfStockThreshold: false, outOfStockThreshold: 10 },
      ],
    },
  );
  const hidden = variants.get('A4TKLA45535');
  await admin(`mutation ($id: ID!) { updateProduct(input: { id: $id, enabled: false }) { id } }`, { id: hidden.productId });
}

/** One paid order of Ada's, through the shop. */
async function buy(url, variantId, quantity) {
  const shop = caller(`${url}/shop-api`);
  await shop(`mutation { login(username: "ada@example.com", password: "analytical") { ... on CurrentUser { id } ... on ErrorResult { errorCode message } } }`);
  await shop(
    `mutation ($id: ID!, $quantity: Int!) { addItemToOrder(productVariantId: $id, quantity: $quantity) { ... on Order { id } ... on ErrorResult { errorCode message } } }`,
    { id: variantId, quantity },
  );
  await shop(`mutation ($input: CreateAddressInput!) { setOrderShippingAddress(input: $input) { ... on Order { id } ... on ErrorResult { errorCode message } } }`, { input: STREET });
  await shop(`mutation { setOrderShippingMethod(shippingMethodId: ["1"]) { ... on Order { id } ... on ErrorResult { errorCode message } } }`);
  await shop(`mutation { transitionOrderToState(state: "ArrangingPayment") { ... on Order { id } ... on OrderStateTransitionError { errorCode message } } }`);
  return shop(`mutation { addPaymentToOrder(input: { method: "standard-payment", metadata: {} }) { ... on Order { id code } ... on ErrorResult { errorCode message } } }`);
}

async function customer(admin, url, variants) {
  const ada = await admin(
    `mutation { createCustomer(input: { firstName: "Ada", lastName: "Lovelace", emailAddress: "ada@example.com", phoneNumber: "+44 7700 900123", customFields: { externalId: "crm-1" } }, password: "analytical") { ... on Customer { id } ... on ErrorResult { errorCode message } } }`,
  );
  await admin(
    `mutation { createCustomer(input: { firstName: "Charles", lastName: "Babbage", emailAddress: "charles@example.com", phoneNumber: "+44 7700 900123" }) { ... on Customer { id } ... on ErrorResult { errorCode message } } }`,
  );
  const group = await admin(`mutation ($ids: [ID!]) { createCustomerGroup(input: { name: "Engineers", customerIds: $ids }) { id } }`, { ids: [ada.id] });
  const bought = [['TBL200032', 1], ['L2201308', 2], ['834444', 1], ['TBL200032', 2], ['L2201308', 1], ['834444', 3]];
  const orders = [];
  for (const [sku, quantity] of bought) orders.push(await buy(url, variants.get(sku).id, quantity));
  // Two of them were taken by another system first.
  for (const [index, order] of orders.slice(-2).entries()) {
    await admin(
      `mutation ($input: UpdateOrderInput!) { setOrderCustomFields(input: $input) { id } }`,
      { input: { id: order.id, customFields: { originReference: `TILL-${index + 1}` } } },
    );
  }
  // A basket she has not paid for: not an order yet.
  const shop = caller(`${url}/shop-api`);
  await shop(`mutation { login(username: "ada@example.com", password: "analytical") { ... on CurrentUser { id } ... on ErrorResult { errorCode message } } }`);
  await shop(
    `mutation ($id: ID!) { addItemToOrder(productVariantId: $id, quantity: 1) { ... on Order { id } ... on ErrorResult { errorCode message } } }`,
    { id: variants.get('L2201308').id },
  );
  return { ada, group, orders };
}

async function readingRole(admin, channelIds) {
  return admin(
    `mutation ($input: CreateRoleInput!) { createRole(input: $input) { id } }`,
    {
      input: {
        code: 'gateway', description: 'What the gateway reads', channelIds,
        permissions: ['ReadCatalog', 'ReadCustomer', 'ReadOrder', 'ReadStockLocation'],
      },
    },
  );
}

/** A key is valid only in the channel whose token accompanied its creation. */
async function apiKey(url, role, token) {
  const admin = caller(`${url}/admin-api`, token);
  await admin(LOGIN);
  const { apiKey: key } = await admin(
    `mutation ($input: CreateApiKeyInput!) { createApiKey(input: $input) { apiKey } }`,
    { input: { roleIds: [role.id], translations: [{ languageCode: 'en', name: 'gateway' }] } },
  );
  return key;
}

async function reader(admin, role) {
  await admin(
    `mutation ($input: CreateAdministratorInput!) { createAdministrator(input: $input) { id } }`,
    { input: { firstName: 'Gate', lastName: 'Way', emailAddress: 'gateway@example.com', password: 'read-only', roleIds: [role.id] } },
  );
}

/** Search index and collections are filled by jobs: wait until none is left before the file is written. */
async function settle(admin) {
  await admin('mutation { reindex { id } }');
  for (;;) {
    const { items } = await admin('{ jobs(options: { take: 100 }) { items { state queueName error } } }');
    const failed = items.find(job => job.state === 'FAILED');
    if (failed) throw new Error(`job ${failed.queueName} failed: ${JSON.stringify(failed.error)}`);
    if (items.every(job => job.state === 'COMPLETED' || job.state === 'CANCELLED')) return;
    await new Promise(resolve => setTimeout(resolve, 200));
  }
}

async function seed(url) {
  const admin = caller(`${url}/admin-api`);
  const { channels } = await admin(LOGIN);
  const variants = await variantsBySku(admin);
  const products = skus => skus.map(sku => variants.get(sku).productId);
  const bath = await places(admin);
  await languages(admin);
  const eu = await channel(admin, {
    code: 'eu', currencies: ['EUR', 'GBP'], pricesIncludeTax: true, priceFactor: 0.9,
    productIds: products(['L2201308', 'TBL200032']), locationId: bath.id,
  });
  const jp = await channel(admin, {
    code: 'jp', currencies: ['JPY'], pricesIncludeTax: false, priceFactor: 150,
    productIds: products(['TBL200032']), locationId: bath.id,
  });
  await catalogue(admin, bath, variants);
  const { ada, group, orders } = await customer(admin, url, variants);
  const role = await readingRole(admin, ['1', eu.id, jp.id]);
  await reader(admin, role);
  const keys = { default: await apiKey(url, role), eu: await apiKey(url, role, eu.token) };
  await settle(admin);
  return {
    apiKeys: keys,
    reader: { username: 'gateway@example.com', password: 'read-only' },
    channels: { default: channels[0].token, eu: eu.token, jp: jp.token },
    locations: { warehouse: '1', shop: bath.id },
    customer: { id: ada.id, groupId: group.id, orders },
    variants: Object.fromEntries([...variants].map(([sku, item]) => [sku, item.id])),
    products: Object.fromEntries([...variants].map(([sku, item]) => [sku, item.productId])),
  };
}

module.exports = { seed };
