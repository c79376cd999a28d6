import type { KeyFacts } from '#adapters/pkcs11/list-keys.ts';
import type { NeedReport } from '#adapters/pkcs11/probe.ts';
import type { LibraryFacts, SlotFacts, TokenFacts } from '#adapters/pkcs11/slots.ts';

/** What tokens say, as literal data. */

export const library: LibraryFacts = {
  description: 'Their library',
  manufacturer: 'Vendor',
  version: '3.1',
  cryptoki: '2.40',
};

export function tokenFacts(given: Partial<TokenFacts> = {}): TokenFacts {
  return {
    ...{
      label: 'office',
      manufacturer: 'Vendor',
      model: 'Box',
      serial: 's1',
      firmware: '7.2',
      hardware: '1.0',
    },
    ...{ initialized: true, pinInitialized: true, pinState: 'ok', soPinState: 'ok', writeProtected: false },
    ...{ pinLength: { least: 4, most: 8 }, sessions: {}, memory: {} },
    ...given,
  };
}

export function slotFacts(slot: string, token?: TokenFacts): SlotFacts {
  const described = { slot, description: 'A slot', manufacturer: 'Vendor', inHardware: true };
  return token === undefined ? described : { ...described, token };
}

/** A key as the service makes its own: in the token, and never to leave. */
export function keyFacts(given: Partial<KeyFacts> = {}): KeyFacts {
  return {
    ...{ id: '0123456789abcdef0123', label: 'caUserCert_keyPair', kind: 'private', type: 'EC' },
    ...{ spec: 'ECC_NIST_P256', publicKeySha256: 'feed'.repeat(16) },
    ...{
      sensitive: true,
      extractable: false,
      alwaysSensitive: true,
      neverExtractable: true,
      madeInToken: true,
    },
    uses: ['sign'],
    ...given,
  };
}

export function need(given: Partial<NeedReport> = {}): NeedReport {
  return {
    ...{ need: 'RSA_2048: make a key', serves: 'resident keys', spec: 'RSA_2048' },
    ...{ tried: true, works: true, strategy: 'CKM_RSA_PKCS_KEY_PAIR_GEN', milliseconds: 12.4 },
    ...given,
  };
}
