// Opens the issuer in a process of its own, signs somebody in, and says what kind of token that gave. @param argv[2] the folder
import { startIdentity } from '../running.ts';

const running = await startIdentity(process.argv[2] ?? '');
await running.person('ada', ['subscriber']);
process.stdout.write(`${(await running.bearer('ada')).split(' ')[0]}\n`);
await running.close();
