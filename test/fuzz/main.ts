// npm run fuzz -- --runs N: files that nobody thought of, for the readers of PFX files. CONTRIBUTING.md says more.
import { fuzz } from './command.ts';

process.exitCode = await fuzz(process.argv.slice(2), process);
