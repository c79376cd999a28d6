// Makes the package for an organization's own AWS CDK app: `npm run build`. What it is told is where, `dist` if nothing.
import { resolve } from 'node:path';
import { buildPackage } from './build-package.ts';

const folder = resolve(process.argv[2] ?? 'dist');
buildPackage(folder);
console.log(`built in ${folder}; npm pack ${folder} makes the file to install`);
