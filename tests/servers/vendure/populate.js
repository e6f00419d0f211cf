// node populate.js DATABASE PLAIN_DATABASE SEED_JSON
// Vendure's own sample catalogue (54 products, 88 variants, 9 collections), then what the tests add through the public
// API (seed.js). PLAIN_DATABASE is the state before that: one channel only, where Vendure answers any channel token.
// sqljs exports the whole file on every save, so saving is explicit.
'use strict';
const fs = require('node:fs');
const path = require('node:path');
const { JobQueueService, TransactionalConnection, bootstrap } = require('@vendure/core');
const { populate } = require('@vendure/core/cli');
const { config, samples } = require('./config');
const { seed } = require('./seed');

async function main() {
  const [database, plain, seedFile] = process.argv.slice(2);
  const start = async () => {
    const app = await bootstrap(config({ port: 0, database, synchronize: true, save: false }));
    await app.get(JobQueueService).start();
    return app;
  };
  const app = await populate(start, path.join(samples, 'initial-data.json'), path.join(samples, 'products.csv'));
  const url = `http://127.0.0.1:${app.getHttpServer().address().port}`;
  const { driver } = app.get(TransactionalConnection).rawConnection;
  await driver.save(plain);
  const facts = await seed(url);
  await driver.save();
  fs.writeFileSync(seedFile, JSON.stringify(facts, null, 2));
  process.exit(0);
}

main().catch(error => {
  console.error(error);
  process.exit(1);
});
