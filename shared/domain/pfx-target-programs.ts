import { aes, everyMac, legacy, nothing, type PfxSource, type TargetFacts } from './pfx-target-facts.ts';

const javaIterations: PfxSource = {
  says: 'The limit of 5,000,000 iterations of the PKCS12 keystore of the JDK, which another library follows.',
  url: 'https://github.com/SSLMate/go-pkcs12/pull/81',
};
const javaAscii: PfxSource = {
  says: 'keytool refuses a password that is not ASCII.',
  url: 'https://github.com/atomgraph/linkeddatahub/issues/29',
};
const javaReach = {
  keys: [aes, ...legacy],
  certificates: [aes, ...legacy, 'none'],
  integrities: [...everyMac, 'none'],
} as const;
const javaMayTake = { ...nothing, keys: ['pbes2-aes'], certificates: ['pbes2-aes'] } as const;
const javaNote = 'Its passwords are ASCII.';
const javaDetails = 'Of AES it takes 128 and 256 bits, and no other cipher under PBES2.';

const opensslPbmac1: PfxSource = {
  says: 'PBMAC1 in PKCS#12 (RFC 9579) is new in OpenSSL 3.4.',
  url: 'https://github.com/openssl/openssl/blob/32bb705459bf1b1dc6eb5f0b508861067cc70c2f/NEWS.md',
};

/** What each program or library imports. */
export const programFacts = {
  firefox: {
    name: 'Firefox and Thunderbird (NSS)',
    profile: 'modern',
    takes: {
      keys: [aes, 'pbes2-aes', 'pbes2-other', ...legacy],
      certificates: [aes, 'pbes2-aes', 'pbes2-other', ...legacy, 'none'],
      integrities: everyMac,
    },
    mayTake: { ...nothing, keys: ['none'], integrities: ['pbmac1'] },
    modernSince: 'before NSS 3.87, which is the oldest tried',
    pbmac1Since: 'a release after NSS 3.87',
    tried: 'here',
    details: 'Tried by pk12util of NSS 3.87, which refuses PBMAC1 and a file without a MAC.',
    uncertain:
      'Which release began to read PBMAC1. A file without any encryption is taken by pk12util if it has a MAC; Firefox is said to refuse it.',
    sources: [
      {
        says: 'PBMAC1 written by a Java library on NSS was tried against NSS itself.',
        url: 'https://github.com/dogtagpki/jss/pull/1085',
      },
      {
        says: 'Firefox is said not to import a PFX without encryption.',
        url: 'https://github.com/pyca/cryptography/pull/5596',
      },
      {
        says: 'NSS writes 600,000 iterations since 3.36.1, as other systems are limited to that.',
        url: 'https://build.opensuse.org/projects/openSUSE:Leap:15.0:Rings:1-MinimalX/packages/mozilla-nss/files/mozilla-nss.changes?expand=1',
      },
    ],
  },
  'java-8': {
    name: 'Java 8',
    profile: 'compatible',
    takes: { keys: legacy, certificates: legacy, integrities: ['mac-sha1'] },
    mayTake: {
      keys: [aes, 'pbes2-aes'],
      certificates: [aes, 'pbes2-aes', 'none'],
      integrities: ['mac-sha256', 'mac-sha2-other', 'none'],
    },
    mostIterations: 5_000_000,
    modernSince: 'update 301',
    pbmac1Since: 'never',
    tried: 'from documentation',
    note: `From update 301 on it takes a file of --profile modern, too. ${javaNote}`,
    sources: [
      {
        says: 'HmacPBESHA256 came to the older releases with 8u301, 11.0.12 and 7u311; it was new in 12.',
        url: 'https://bugs.java.com/bugdatabase/view_bug?bug_id=8267701',
      },
      {
        says: 'The reader of PBES2 of Java 8 had to be mended to find the pseudo-random function (JDK-8076190).',
        url: 'https://build.opensuse.org/projects/SUSE:SLE-12-SP1:Update/packages/java-1_8_0-openjdk.24868/files/JDK-8076190.patch?expand=0',
      },
      javaIterations,
      javaAscii,
    ],
  },
  'java-17': {
    name: 'Java 17',
    profile: 'modern',
    takes: javaReach,
    mayTake: javaMayTake,
    mostIterations: 5_000_000,
    modernSince: 'Java 12',
    pbmac1Since: 'Java 26',
    tried: 'here',
    note: javaNote,
    details: `${javaDetails} Tried by keytool, which passes over keys in clear.`,
    uncertain: 'A vendor was at work on PBMAC1 for its Java 17 in 2026.',
    sources: [
      {
        says: 'HmacPBESHA256 is new in JDK 12, and the default since JDK 16.',
        url: 'https://bugs.java.com/bugdatabase/view_bug?bug_id=8267701',
      },
      {
        says: 'PBMAC1 proposed for the Java 17 of one vendor, and not merged.',
        url: 'https://github.com/ibmruntimes/openj9-openjdk-jdk17/pull/647',
      },
      javaIterations,
      javaAscii,
    ],
  },
  'java-26': {
    name: 'Java 26',
    profile: 'modern',
    takes: { ...javaReach, integrities: [...javaReach.integrities, 'pbmac1'] },
    mayTake: javaMayTake,
    mostIterations: 5_000_000,
    modernSince: 'Java 12',
    pbmac1Since: 'Java 26',
    tried: 'from documentation',
    note: `${javaNote} It takes a file of --profile pbmac1, too.`,
    details: javaDetails,
    sources: [
      {
        says: 'The PKCS12 keystore learns PBMAC1 (JDK-8343232).',
        url: 'https://github.com/openjdk/jdk/commit/1781b186b51900b758dd55cc356eaaf12b28481b',
      },
      {
        says: 'PBMAC1 is named as coming with Java 26.',
        url: 'https://github.com/SSLMate/go-pkcs12/issues/71',
      },
      javaIterations,
      javaAscii,
    ],
  },
  'openssl-1.1': {
    name: 'OpenSSL 1.1',
    profile: 'modern',
    takes: {
      keys: [aes, 'pbes2-aes', 'pbes2-other', ...legacy, 'none'],
      certificates: [aes, 'pbes2-aes', 'pbes2-other', ...legacy, 'none'],
      integrities: everyMac,
    },
    mayTake: nothing,
    modernSince: 'the first',
    pbmac1Since: 'never',
    tried: 'here',
    details: 'Tried by the OpenSSL 1.1.1 inside Node 16, which refuses PBMAC1 and a file without a MAC.',
    sources: [
      {
        says: 'AES-256 with a SHA-256 MAC is read by OpenSSL 1.1.1 and later.',
        url: 'https://github.com/vancluever/terraform-provider-acme/pull/427',
      },
      {
        says: 'Older OpenSSL calls a missing MAC a wrong password; OpenSSL 3 only warns.',
        url: 'https://github.com/chris2511/xca/issues/617',
      },
    ],
  },
  'openssl-3': {
    name: 'OpenSSL 3',
    profile: 'modern',
    takes: {
      keys: [aes, 'pbes2-aes', 'pbes2-other', 'sha1-triple-des', 'none'],
      certificates: [aes, 'pbes2-aes', 'pbes2-other', 'sha1-triple-des', 'none'],
      integrities: [...everyMac, 'none'],
    },
    mayTake: { ...nothing, integrities: ['pbmac1'] },
    modernSince: 'the first',
    pbmac1Since: '3.4',
    tried: 'here',
    needs: { 'sha1-rc2-40': 'the option -legacy', 'sha1-rc2-128': 'the option -legacy' },
    details:
      'RC2 needs `-legacy`. Tried by OpenSSL 3.0, and by the 3.5 inside Node 24, which takes pbmac1 too.',
    sources: [
      opensslPbmac1,
      {
        says: 'RC2-40 is in the legacy provider, and read with -legacy only.',
        url: 'https://github.com/openssl/openssl/discussions/23089',
      },
    ],
  },
  gnutls: {
    name: 'GnuTLS',
    profile: 'modern',
    takes: {
      keys: [aes, 'pbes2-aes', 'sha1-triple-des', 'sha1-rc2-40', 'none'],
      certificates: [aes, 'pbes2-aes', 'sha1-triple-des', 'sha1-rc2-40', 'none'],
      integrities: everyMac,
    },
    mayTake: {
      keys: ['pbes2-other'],
      certificates: ['pbes2-other'],
      integrities: ['pbmac1'],
    },
    modernSince: 'before 3.7.9, which is the oldest tried',
    pbmac1Since: '3.8.6, it seems',
    tried: 'here',
    details: 'Tried by certtool 3.7.9. Under PBES2 it reads triple DES, and not Camellia.',
    uncertain:
      'Which release began to read PBMAC1: the change is of the spring of 2024, when 3.8.6 was made.',
    sources: [
      {
        says: 'certtool and the library learn PBMAC1.',
        url: 'https://gitlab.com/gnutls/gnutls/-/merge_requests/1833',
      },
      {
        says: '3.8.6 was made from April to June 2024.',
        url: 'https://gitlab.com/gnutls/gnutls/-/milestones/44',
      },
      {
        says: 'Of the older algorithms, RC2 with 128 bits is not read.',
        url: 'https://gitlab.com/gnutls/gnutls/issues/725',
      },
    ],
  },
} as const satisfies Readonly<Record<string, TargetFacts>>;
