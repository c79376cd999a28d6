import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('../..', import.meta.url));

/**
 * The templates of the AWS app, as `npm run synth` makes them, with no account at hand.
 * @throws Error with what the app said, if it cannot be synthesized
 */
export async function synthesizedTemplates(custody: 'kms' | 'pkcs11'): Promise<unknown[]> {
  const folder = await mkdtemp(join(tmpdir(), 'escrow-cost-'));
  try {
    const { context } = JSON.parse(await readFile(join(root, 'cdk.json'), 'utf8'));
    const environment = {
      ...process.env,
      CDK_OUTDIR: folder,
      CDK_CONTEXT_JSON: JSON.stringify({ ...context, custody }),
    };
    const app = spawn(process.execPath, ['infra/app.ts'], { cwd: root, env: environment });
    app.stdout.resume();
    const said = text(app.stderr);
    const [status]: unknown[] = await once(app, 'exit');
    if (status !== 0) throw new Error(`the AWS app could not be synthesized: ${(await said).slice(-2_000)}`);
    const names = (await readdir(folder)).filter((name) => name.endsWith('.template.json'));
    return await Promise.all(
      names.map(async (name) => JSON.parse(await readFile(join(folder, name), 'utf8'))),
    );
  } finally {
    await rm(folder, { recursive: true });
  }
}
