import type { PfxEncryption, PfxIntegrity, PfxProfile } from '#domain/pfx-profile.ts';

/** How the files of a profile are encrypted, key and certificates alike, and what holds them together. */
export interface ProfileAlgorithms {
  encryption: Extract<PfxEncryption, 'pbes2-aes256-sha256' | 'sha1-triple-des'>;
  integrity: Extract<PfxIntegrity, 'mac-sha256' | 'mac-sha1' | 'pbmac1'>;
}

/** The profiles in their algorithms: what the writer writes, and all that the strict reader takes. */
export const profileAlgorithms: Readonly<Record<PfxProfile, ProfileAlgorithms>> = {
  modern: { encryption: 'pbes2-aes256-sha256', integrity: 'mac-sha256' },
  compatible: { encryption: 'sha1-triple-des', integrity: 'mac-sha1' },
  pbmac1: { encryption: 'pbes2-aes256-sha256', integrity: 'pbmac1' },
};
