import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { outputOf, runProgram } from '#test/support/program.ts';

const main = fileURLToPath(import.meta.resolve('#test/doubles/kms/main.ts'));
const run = (...args: string[]) => runProgram(process.execPath, [main, ...args]);

describe('the program of the stand-in', () => {
  it('says how it is used, by the node that runs it', async () => {
    const { status, stdout, stderr } = await run('--help');
    expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
    expect(stdout.toString()).toContain('node_modules/.bin/node test/doubles/kms/main.ts [options]');
  });

  it.each([['--nonsense'], ['--port=far'], ['--port=65536'], ['more']])(
    'says in words that it does not know %s',
    async (argument) => {
      const { status, stdout, stderr } = await run(argument);
      expect({ status, stdout: stdout.toString() }).toEqual({ status: 2, stdout: '' });
      expect(stderr).toContain('Ask for --help.');
      expect(stderr).not.toMatch(/^ +at /m);
    },
  );

  it('prints variables that a shell takes, the same as in its JSON', async () => {
    const { stdout } = await run('--shell');
    const show = 'eval "$1" && node -p "JSON.stringify(process.env)"';
    const taken: unknown = JSON.parse((await outputOf('sh', ['-c', show, 'sh', String(stdout)])).toString());
    const { environment } = JSON.parse((await run()).stdout.toString());
    const { AWS_ENDPOINT_URL_KMS: endpoint, ...others } = environment;
    expect(endpoint).toMatch(/^http:\/\/127\.0\.0\.1:\d+/);
    expect(taken).toMatchObject({
      ...others,
      AWS_ENDPOINT_URL_KMS: expect.stringMatching(/^http:\/\/127\./),
    });
  });
});
