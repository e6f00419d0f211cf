// node server.js DATABASE PORT   (port 0: the system chooses; the line "listening PORT" tells which)
'use strict';
const { JobQueueService, bootstrap } = require('@vendure/core');
const { config } = require('./config');

async function main() {
  const [database, port] = process.argv.slice(2);
  const app = await bootstrap(config({ port: Number(port), database, synchronize: false, save: false }));
  await app.get(JobQueueService).start();
  console.log(`listening ${app.getHttpServer().address().port}`);
}

main().catch(error => {
  console.error(error);
  process.exit(1);
});
