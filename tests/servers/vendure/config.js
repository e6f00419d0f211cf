// The one configuration of the test server: sqljs in memory, loaded from a file that only populate.js writes.
// server.js therefore always starts from the same data and several servers may share the file.
'use strict';
const fs = require('node:fs');
const path = require('node:path');
const { AssetServerPlugin } = require('@vendure/asset-server-plugin');
const bcrypt = require('bcrypt');
const {
  DefaultLogger, DefaultSearchPlugin, LogLevel, RandomBytesApiKeyStrategy, dummyPaymentHandler,
} = require('@vendure/core');

const samples = path.join(path.dirname(require.resolve('@vendure/create/package.json')), 'assets');

// Vendure's default takes 12 rounds: a quarter of a second for every login and for every request with an API key.
const quick = { hash: text => bcrypt.hash(text, 4), check: (text, hash) => bcrypt.compare(text, hash) };

function logged(request, response, next) {
  console.log(`request ${request.method} ${request.originalUrl}`);
  next();
}

function config({ port, database, synchronize, save }) {
  const assets = path.join(path.dirname(database), 'assets');
  fs.mkdirSync(assets, { recursive: true });
  return {
    logger: new DefaultLogger({ level: LogLevel.Warn, timestamp: false }),
    apiOptions: {
      hostname: '127.0.0.1', port, adminApiPath: 'admin-api', shopApiPath: 'shop-api', cors: false,
      // Tests count these lines: the requests that arrived at the socket.
      middleware: ['admin-api', 'shop-api'].map(route => ({ route, handler: logged })),
    },
    authOptions: {
      // Without 'api-key' here a vendure-api-key header is ignored and the call is anonymous.
      tokenMethod: ['bearer', 'api-key'],
      requireVerification: false,
      passwordHashingStrategy: quick,
      adminApiKeyStrategy: new RandomBytesApiKeyStrategy({ hashingStrategy: quick }),
      superadminCredentials: { identifier: 'superadmin', password: 'superadmin' },
    },
    dbConnectionOptions: { type: 'sqljs', location: database, autoSave: save, synchronize, logging: false },
    importExportOptions: { importAssetsDir: path.join(samples, 'images') },
    paymentOptions: { paymentMethodHandlers: [dummyPaymentHandler] },
    // What a retailer typically adds, because Vendure has no field of its own for it.
    customFields: {
      ProductVariant: [{ name: 'gtin', type: 'string', nullable: true }],
      Order: [
        { name: 'originReference', type: 'string', nullable: true },
        { name: 'gatewayReference', type: 'string', nullable: true },
      ],
      Customer: [{ name: 'externalId', type: 'string', nullable: true }],
    },
    plugins: [
      AssetServerPlugin.init({ route: 'assets', assetUploadDir: assets }),
      DefaultSearchPlugin.init({ indexStockStatus: true }),
    ],
  };
}

module.exports = { config, samples };
