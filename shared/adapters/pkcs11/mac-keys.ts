import { ProviderError } from '#domain/errors.ts';
import { firstThatWorks } from './attempt.ts';
import type { Handle } from './cryptoki.ts';
import { mechanismName, mechanisms } from './mechanisms.ts';
import { destroyObjects, generateKey, sign, type TokenSession } from './operations.ts';
import { type MacKeyForm, macKeyTemplate, type Standing, usualMacKey } from './templates.ts';

const { CKM_GENERIC_SECRET_KEY_GEN, CKM_NC_SHA256_HMAC_KEY_GEN, CKM_SHA256_HMAC } = mechanisms;

/** The mechanisms that make keys for HMAC-SHA256. */
export const macKeyMechanisms: readonly number[] = [CKM_GENERIC_SECRET_KEY_GEN, CKM_NC_SHA256_HMAC_KEY_GEN];

/**
 * The forms in which tokens take a key for HMAC-SHA256, the preferred first: as usual; as AWS CloudHSM does, which refuses to
 * be told of uses that such a key never has; as YubiHSM does; as Entrust nShield does, of which it is not known whether it
 * wants a length.
 */
export const macKeyForms: readonly MacKeyForm[] = [
  usualMacKey,
  { ...usualMacKey, refusing: false },
  { ...usualMacKey, keyType: 'CKK_SHA256_HMAC', sized: false, refusing: false },
  {
    mechanism: CKM_NC_SHA256_HMAC_KEY_GEN,
    keyType: 'CKK_SHA256_HMAC',
    sized: true,
    refusing: false,
  },
  {
    mechanism: CKM_NC_SHA256_HMAC_KEY_GEN,
    keyType: 'CKK_SHA256_HMAC',
    sized: false,
    refusing: false,
  },
];

/** A form in words: `CKM_GENERIC_SECRET_KEY_GEN (CKK_GENERIC_SECRET, CKA_VALUE_LEN)`. */
export function macKeyFormName({ mechanism, keyType, sized, refusing }: MacKeyForm): string {
  const said = [keyType, ...(sized ? ['CKA_VALUE_LEN'] : []), ...(refusing ? ['no other use'] : [])];
  return `${mechanismName(mechanism)} (${said.join(', ')})`;
}

/**
 * Makes a key in the first form in which it computes MACs. Of the forms that do not work nothing is left in the token.
 * @param standing absent for a session object
 * @throws ProviderError `provider-incapable` that tells of every form why it does not work
 */
export async function makeMacKey(token: TokenSession, standing?: Standing): Promise<Handle> {
  const tried = await firstThatWorks(
    macKeyForms.map((form) => ({
      words: macKeyFormName(form),
      work: () => makeProven(token, form, standing),
    })),
  );
  if ('value' in tried) return tried.value;
  throw new ProviderError('provider-incapable', {
    why: `the token makes no key for HMAC-SHA256: tried ${tried.failures.join('; ')}`,
  });
}

async function makeProven(token: TokenSession, form: MacKeyForm, standing?: Standing): Promise<Handle> {
  const key = await generateKey(token, form.mechanism, macKeyTemplate(standing, form));
  try {
    await proveMac(token, key);
    return key;
  } catch (error) {
    destroyObjects(token, [key]);
    throw error;
  }
}

/**
 * Proves what can be proven of a key that never leaves: its MACs have 32 bytes, and are the same for the same message and
 * others for another.
 * @throws ProviderError `provider-incapable` if not; what the token answers
 */
export async function proveMac(token: TokenSession, key: Handle): Promise<void> {
  const mac = async (message: string) =>
    Buffer.from(await sign(token, { mechanism: CKM_SHA256_HMAC }, key, Buffer.from(message)));
  const [first, again, other] = [await mac('message'), await mac('message'), await mac('another')];
  if (first.length === 32 && first.equals(again) && !first.equals(other)) return;
  throw new ProviderError('provider-incapable', { why: 'the token computes something else' });
}
