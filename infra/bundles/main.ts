// Bundles what one argument asks for, as JSON. A process of its own: an AWS CDK app is made without waiting for anything,
// and esbuild runs its plugins only while it is waited for.
import { buildBundles } from './build-bundles.ts';

await buildBundles(JSON.parse(process.argv[2] ?? '{}'));
