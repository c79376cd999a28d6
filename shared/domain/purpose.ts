/** What the certificate, and so its key pair, is for. The two are treated differently everywhere (RFC 3647 6.2). */
export const purposes = ['identity', 'encryption'] as const;
export type Purpose = (typeof purposes)[number];

/** How a purpose is named in key labels, friendly names and file names. */
export const purposeNames: Readonly<Record<Purpose, { label: string; fileSuffix: string }>> = {
  identity: { label: 'caUserCert_keyPair', fileSuffix: 'ID' },
  encryption: { label: 'caEncryption_keyPair', fileSuffix: 'EN' },
};

/** The assurance levels a request may ask for, weakest first. */
export const assurances = ['medium', 'medium-token', 'medium-hardware'] as const;
export type Assurance = (typeof assurances)[number];

/** Where a private key lives. `software` is for evaluation and tests only. */
export const custodies = ['kms', 'pkcs11', 'software'] as const;
export type Custody = (typeof custodies)[number];
