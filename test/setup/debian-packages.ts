import { accessSync, constants, existsSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { type Machine, SetUpProblem } from './run.ts';

export interface DebianPackage {
  name: string;
  /** Programs on the PATH that show that it is there. */
  programs: readonly string[];
  /** Files of which one shows that it is there. */
  anyFile?: readonly string[];
  purpose: string;
}

/** What the tests need beyond npm packages. A test that lacks its tool fails; none is skipped. */
export const debianPackages: readonly DebianPackage[] = [
  {
    name: 'softhsm2',
    programs: ['softhsm2-util'],
    anyFile: ['/usr/lib/softhsm/libsofthsm2.so', '/usr/lib64/pkcs11/libsofthsm2.so'],
    purpose: 'the PKCS#11 token of the key provider tests',
  },
  { name: 'opensc', programs: ['pkcs11-tool'], purpose: 'reads tokens independently' },
  { name: 'openssl', programs: ['openssl'], purpose: 'reads PFX files and requests independently' },
  { name: 'libnss3-tools', programs: ['pk12util', 'certutil'], purpose: 'reads PFX files as NSS does' },
  { name: 'gnutls-bin', programs: ['certtool'], purpose: 'reads PFX files as GnuTLS does' },
  { name: 'default-jre-headless', programs: ['java', 'keytool'], purpose: 'reads PFX files as Java does' },
  { name: 'zsh', programs: ['zsh'], purpose: 'completes commands as its users see it' },
  { name: 'fish', programs: ['fish'], purpose: 'completes commands as its users see it' },
  { name: 'build-essential', programs: ['cc', 'c++', 'make'], purpose: 'compiles the token binding' },
  { name: 'cmake', programs: ['cmake'], purpose: "builds the client of AWS Lambda's Runtime API" },
  { name: 'xz-utils', programs: ['xz'], purpose: "unpacks what the Runtime API's client builds" },
  { name: 'python3', programs: ['python3'], purpose: 'runs node-gyp, which builds the token binding' },
];

/** The packages of the table that are not there. @param path as the variable PATH has it */
export function missingPackages(packages: readonly DebianPackage[], path: string): DebianPackage[] {
  const folders = path.split(delimiter).filter((folder) => folder !== '');
  return packages.filter(
    ({ programs, anyFile }) =>
      !programs.every((program) => folders.some((folder) => isExecutable(join(folder, program)))) ||
      (anyFile !== undefined && !anyFile.some((file) => existsSync(file))),
  );
}

function isExecutable(file: string): boolean {
  try {
    accessSync(file, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

/** The one command that installs packages by hand. */
export function installCommand(packages: readonly DebianPackage[]): string {
  const names = packages.map(({ name }) => name).join(' ');
  return `sudo sh -c 'apt-get update && apt-get install -y --no-install-recommends ${names}'`;
}

/**
 * Makes sure that the packages are there: installs those that lack, as root or by sudo without a password.
 * @throws SetUpProblem with the command to run, where that is not allowed or does not help
 */
export function ensurePackages(packages: readonly DebianPackage[], machine: Machine): void {
  const { path, run, say } = machine;
  const missing = missingPackages(packages, path);
  if (missing.length === 0) return;
  const prefix = privilegePrefix(machine);
  if (prefix === undefined) throw lacking(missing, 'they cannot be installed without root or sudo');
  for (const { name, purpose } of missing) say(`installing ${name}: ${purpose}`);
  const names = missing.map(({ name }) => name);
  const aptGet = [
    ...prefix,
    'env',
    'DEBIAN_FRONTEND=noninteractive',
    'apt-get',
    '-o',
    'DPkg::Lock::Timeout=300',
  ];
  const install = () => run([...aptGet, 'install', '-y', '--no-install-recommends', ...names]);
  // A fresh machine has no package lists, or old ones: then they are fetched, and it is tried once more.
  let { status, output } = install();
  if (status !== 0 && run([...aptGet, 'update']).status === 0) ({ status, output } = install());
  if (status !== 0) throw lacking(missing, `apt-get failed:\n${output.trimEnd()}`);
  const still = missingPackages(missing, path);
  if (still.length > 0) throw lacking(still, 'apt-get has them, but they are not on the PATH');
}

/** What goes before a command that needs root; undefined where there is no way. */
function privilegePrefix({ isRoot, run }: Machine): string[] | undefined {
  if (run(['apt-get', '--version']).status !== 0) return undefined;
  if (isRoot) return [];
  return run(['sudo', '-n', 'true']).status === 0 ? ['sudo', '-n'] : undefined;
}

function lacking(packages: readonly DebianPackage[], why: string): SetUpProblem {
  const list = packages.map(({ name, purpose }) => `  ${name}: ${purpose}`).join('\n');
  return new SetUpProblem(`The tests need these packages:\n${list}\n${why}`, installCommand(packages));
}
