import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { findSoftHsm } from '#adapters/pkcs11/softhsm-token.ts';
import { outputOf } from './program.ts';

const places = ['/usr/lib/softhsm/libsofthsm2.so', '/usr/lib/x86_64-linux-gnu/softhsm/libsofthsm2.so'];

/** The label of each object in a SoftHSM token, sorted, as OpenSC's pkcs11-tool sees it. */
export async function labelsInToken(folder: string): Promise<string[]> {
  const environment = {
    SOFTHSM2_CONF: join(folder, 'softhsm2.conf'),
    TOKEN_PIN: readFileSync(join(folder, 'pin'), 'utf8'),
  };
  const tool = ['--module', findSoftHsm(places), '--login', '--pin', 'env:TOKEN_PIN', '--list-objects'];
  const listed = (await outputOf('pkcs11-tool', tool, '', environment)).toString();
  return [...listed.matchAll(/^ {2}label: +(\S+)$/gm)].map(([, label = '']) => label).sort();
}
