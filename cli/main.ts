import { escrow } from './escrow.ts';
import { processOutput } from './output.ts';
import { personsFolder } from './persons-folder.ts';

const standsIn = personsFolder('escrow', process.env);
const startedIn = standsIn === undefined ? '.' : process.cwd();
// Every path that is read, written or shown from here on is one of the person's.
if (standsIn !== undefined) process.chdir(standsIn);

process.exitCode = await escrow(process.argv.slice(2), {
  output: processOutput(),
  environment: process.env,
  startedIn,
});
