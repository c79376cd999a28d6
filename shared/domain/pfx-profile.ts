/**
 * The content profiles of a PFX that this service writes.
 * - `modern`: PBES2 with PBKDF2-HMAC-SHA256 and AES-256-CBC, an HMAC-SHA256 MAC by PKCS12KDF. The default, and the only
 *   one that is stored.
 * - `compatible`: triple DES and SHA-1, for systems that take nothing better. Never stored.
 * - `pbmac1`: as `modern`, but with PBMAC1 (RFC 9879) as MAC.
 */
export const pfxProfiles = ['modern', 'compatible', 'pbmac1'] as const;
export type PfxProfile = (typeof pfxProfiles)[number];

/** How a part of a PFX is encrypted, as far as it decides which systems open it. */
export const pfxEncryptions = [
  /** PBES2, PBKDF2 with HMAC-SHA256, AES-256-CBC */
  'pbes2-aes256-sha256',
  /** PBES2 with AES of another length, or another pseudo-random function */
  'pbes2-aes',
  /** PBES2 with another cipher */
  'pbes2-other',
  /** pbeWithSHAAnd3-KeyTripleDES-CBC (RFC 7292 appendix C) */
  'sha1-triple-des',
  /** pbeWithSHAAnd40BitRC2-CBC (RFC 7292 appendix C) */
  'sha1-rc2-40',
  /** pbeWithSHAAnd128BitRC2-CBC */
  'sha1-rc2-128',
  /** Something else */
  'other',
  /** In clear */
  'none',
] as const;
export type PfxEncryption = (typeof pfxEncryptions)[number];

/** What holds a PFX together, as far as it decides which systems open it. */
export const pfxIntegrities = [
  /** A MAC by PKCS12KDF with SHA-256, which every current program writes */
  'mac-sha256',
  'mac-sha1',
  /** The same with SHA-224, SHA-384 or SHA-512 */
  'mac-sha2-other',
  /** PBMAC1 (RFC 9879) */
  'pbmac1',
  /** A signature: public-key integrity mode */
  'signature',
  /** Something else */
  'other',
  'none',
] as const;
export type PfxIntegrity = (typeof pfxIntegrities)[number];

/** What a PFX asks of the system that is to open it. */
export interface PfxTraits {
  /** How its private keys are encrypted: each way once. */
  keys: readonly PfxEncryption[];
  /** How its certificates are encrypted: each way once. */
  certificates: readonly PfxEncryption[];
  integrity: PfxIntegrity;
  /** The highest of its iteration counts. */
  mostIterations: number;
}
