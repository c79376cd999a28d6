import { join } from 'node:path';
import { expect, it } from 'vitest';
import { runProgram } from '#test/support/program.ts';

const checkout = join(import.meta.dirname, '../..');

/** What git leaves out of the project, of these files; whether they are there does not matter. */
async function ignored(names: readonly string[]): Promise<string[]> {
  const { stdout } = await runProgram(
    'git',
    ['-C', checkout, 'check-ignore', '--no-index', '--stdin'],
    names.join('\n'),
  );
  return stdout
    .toString()
    .split('\n')
    .filter((name) => name !== '');
}

it('what people take from the service into a clone is not taken for the project, wherever they stand', async () => {
  const taken = [
    'obrien_Enroll_EN.pfx',
    'obrien_Enroll_EN.receipt.jws',
    'obrien_Enroll_EN.csr.pem',
    'examples/obrien_Enroll_ID.pfx',
    'examples/old-server.p12',
    'copies/obrien.password.txt',
    'recovery.private.jwk',
    'mine/key.password',
    'examples/mine/obrien.pem',
    'out/summary.json',
    '.escrow/identity/accounts.json',
  ];
  expect(await ignored(taken)).toEqual(taken);
});

it('files that the project is made of are not left out', async () => {
  const { stdout } = await runProgram('git', ['-C', checkout, 'ls-files']);
  const own = stdout
    .toString()
    .split('\n')
    .filter((name) => name !== '');
  expect(own).toContain('test/vectors/pfx/openssl-default.p12');
  expect(await ignored([...own, 'test/vectors/pfx/new.p12'])).toEqual([]);
});
