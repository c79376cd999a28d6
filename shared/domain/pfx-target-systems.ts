import { aes, everyMac, legacy, nothing, type PfxSource, type TargetFacts } from './pfx-target-facts.ts';

const windowsPbes2: PfxSource = {
  says: 'Windows writes PFX files of AES-256 and SHA-256 since Windows 10 version 1709 and Windows Server 2019.',
  url: 'https://learn.microsoft.com/en-us/windows/win32/api/wincrypt/ns-wincrypt-pkcs12_pbes2_export_params',
};
const windowsImport: PfxSource = {
  says: 'Builds of Windows 10 and Windows Server 2016 before 1709 fail to import AES-256 with SHA-256.',
  url: 'https://powershellgallery.com/packages/CertificateDsc/5.0.0-preview0005/Content/DSCResources%5CDSC_PfxImport%5Cen-US%5Cabout_PfxImport.help.txt',
};
const windowsIterations: PfxSource = {
  says: 'The event log of a Windows 10 that refused a file names 600,000 iterations as the most permitted.',
  url: 'https://github.com/hwdsl2/setup-ipsec-vpn/issues/414',
};
const dotnetIterations: PfxSource = {
  says: 'The PFX loader of .NET has defaults of 300,000 iterations for each derivation and 1,000,000 for all.',
  url: 'https://github.com/dotnet/runtime/blob/d4fe4a7e987584bfa4904dd1027a873029b2005d/src/libraries/Common/src/System/Security/Cryptography/X509Certificates/Pkcs12LoaderLimits.cs',
};
const dotnetFormats: PfxSource = {
  says: 'The tests of .NET load files without a MAC on Windows too.',
  url: 'https://github.com/dotnet/runtime/blob/2fe5ed48c096910bd1777a68ba5f13ffc86a48cb/src/libraries/System.Security.Cryptography/tests/X509Certificates/PfxFormatTests.cs',
};

const currentWindows = {
  profile: 'modern',
  takes: {
    keys: [aes, 'sha1-triple-des'],
    certificates: [aes, 'sha1-triple-des'],
    integrities: ['mac-sha256', 'mac-sha1', 'none'],
  },
  mayTake: {
    keys: ['pbes2-aes', 'pbes2-other', 'sha1-rc2-40', 'sha1-rc2-128', 'none'],
    certificates: ['pbes2-aes', 'pbes2-other', 'sha1-rc2-40', 'sha1-rc2-128', 'none'],
    integrities: ['mac-sha2-other'],
  },
  mostIterations: 600_000,
  pbmac1Since: 'not known to',
  tried: 'from documentation',
  details: 'Programs on .NET 9 and later refuse more than 300,000 iterations for any one derivation.',
  uncertain: 'That it does not read PBMAC1: no source was found that says it does.',
} as const;

const appleImporter: PfxSource = {
  says: "Apple's newer importer (here in a public copy) needs a MAC, by SHA-1 or SHA-2, takes any PBES2 as AES-256 under PBKDF2 with HMAC-SHA256, still reads triple DES and RC2, knows no PBMAC1, and passes over keys in clear.",
  url: 'https://github.com/hekimoghlu/OpenSystem/blob/24b496709552b780464a2b602814c046ce5a17a8/src/Security/Security/OSX/sec/Security/p12import.c',
};
const appleSince: PfxSource = {
  says: 'An option that came with the same importer, kSecImportToMemoryOnly, exists since macOS 15 and iOS 18.',
  url: 'https://github.com/dotnet/macios/blob/ef4ab435a776d2b6995e5c625cc252051f215d72/src/security.cs',
};
const appleBefore: PfxSource = {
  says: 'Profiles made by OpenSSL 3 failed on macOS and iOS until written in the legacy form; tried on macOS 14.4.1 and iOS 17.4.',
  url: 'https://github.com/trailofbits/algo/pull/14718',
};

/** What each operating system imports. */
export const systemFacts = {
  'windows-server-2016': {
    name: 'Windows Server 2016',
    profile: 'compatible',
    takes: { keys: legacy, certificates: legacy, integrities: ['mac-sha1'] },
    mayTake: { keys: ['none'], certificates: ['none'], integrities: ['mac-sha256', 'none'] },
    mostIterations: 600_000,
    modernSince: 'never',
    pbmac1Since: 'never',
    tried: 'from documentation',
    note: 'It calls AES a wrong password. Later Windows Servers take a file of --profile modern.',
    uncertain:
      'Whether it reads a SHA-256 MAC over triple DES. Its limit of iterations is that of Windows 10.',
    sources: [
      windowsPbes2,
      {
        says: 'A file of OpenSSL 3 is refused by Server 2016 as a wrong network password, and taken by 2019 and 2022.',
        url: 'https://github.com/openssl/openssl/issues/27035',
      },
      {
        says: 'The legacy form of OpenSSL (RC2 and triple DES, SHA-1 MAC) imports on Server 2016; the modern one does not.',
        url: 'https://github.com/acmesh-official/acme.sh/issues/6805',
      },
      {
        says: 'The first Windows 10 releases, of the generation before Server 2016, do not read a SHA-256 MAC.',
        url: 'https://github.com/dotnet/runtime/pull/115271',
      },
      windowsIterations,
    ],
  },
  'windows-10': {
    ...currentWindows,
    name: 'Windows 10',
    modernSince: 'version 1709',
    sources: [windowsPbes2, windowsImport, windowsIterations, dotnetIterations, dotnetFormats],
  },
  'windows-11': {
    ...currentWindows,
    name: 'Windows 11',
    modernSince: 'the first',
    sources: [windowsPbes2, windowsIterations, dotnetIterations, dotnetFormats],
  },
  macos: {
    name: 'macOS',
    profile: 'compatible',
    takes: { keys: legacy, certificates: legacy, integrities: ['mac-sha1'] },
    mayTake: { keys: [aes], certificates: [aes, 'none'], integrities: ['mac-sha256', 'mac-sha2-other'] },
    modernSince: 'macOS 15, by some ways in',
    pbmac1Since: 'not known to',
    tried: 'from documentation',
    note: 'macOS 15 and later may take a file of --profile modern, by `security import FILE -f pkcs12`: try that first.',
    uncertain:
      'macOS has two importers. The older refuses PBES2 and is still met in macOS 26; which of them Keychain Access uses, no source says. One report blames salts of 16 bytes, others do not.',
    sources: [
      appleImporter,
      appleSince,
      appleBefore,
      {
        says: 'The older importer (in a public copy) knows the SHA-2 MACs but refuses PBES2.',
        url: 'https://github.com/hekimoghlu/OpenSystem/blob/24b496709552b780464a2b602814c046ce5a17a8/src/Security/Security/OSX/libsecurity_pkcs12/lib/pkcs12Decode.cpp',
      },
      {
        says: 'On macOS 26.6, `security import` takes AES-256 with a SHA-256 MAC if told that it is PKCS#12, and says wrong password if it has to guess.',
        url: 'https://github.com/tauri-apps/tauri/pull/15844',
      },
      {
        says: 'Files of OpenSSL 3 always imported; others with salts of 16 bytes did not.',
        url: 'https://ca.stable.confirm.ch/pkcs12.html',
      },
    ],
  },
  ios: {
    name: 'iOS and iPadOS',
    profile: 'modern',
    takes: { keys: [aes, ...legacy], certificates: [aes, ...legacy, 'none'], integrities: everyMac },
    mayTake: nothing,
    modernSince: 'iOS 18',
    pbmac1Since: 'not known to',
    tried: 'from documentation',
    note: 'iOS 17 and older take a file of --profile compatible only.',
    uncertain:
      'That it began with iOS 18: read from the source code; the reports name iOS 17 as failing and later ones as working.',
    sources: [
      appleImporter,
      appleSince,
      appleBefore,
      {
        says: 'A modern file is refused by iOS 17, and taken by the iOS of April 2026.',
        url: 'https://github.com/7ritn/VaulTLS/issues/176',
      },
    ],
  },
  android: {
    name: 'Android',
    profile: 'compatible',
    takes: { keys: legacy, certificates: legacy, integrities: ['mac-sha1'] },
    mayTake: {
      keys: [aes, 'pbes2-aes', 'pbes2-other', 'none'],
      certificates: [aes, 'pbes2-aes', 'pbes2-other', 'none'],
      integrities: ['mac-sha256', 'mac-sha2-other', 'none'],
    },
    modernSince: 'Android 14, it seems',
    pbmac1Since: 'not known to',
    tried: 'from documentation',
    note: 'Android 13 and older call a modern file a wrong password; Android 16 takes one of --profile modern.',
    uncertain:
      'Which version began to read AES: reports only, none from the vendor. That it does not read PBMAC1: no source was found that says it does.',
    sources: [
      {
        says: 'A modern file fails on Android 13 and older, and a legacy one works down to Android 9.',
        url: 'https://github.com/thevindu-w/clip_share_server/pull/48',
      },
      {
        says: 'Android 12 calls a file of OpenSSL 3 a wrong password; -legacy helps.',
        url: 'https://github.com/strongswan/strongswan-docs/issues/5',
      },
      {
        says: 'The same program makes files that Android 16 imports and another phone refuses.',
        url: 'https://github.com/NeySlim/ultimate-ca-manager/issues/331',
      },
    ],
  },
} as const satisfies Readonly<Record<string, TargetFacts>>;
