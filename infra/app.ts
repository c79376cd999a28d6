import { join } from 'node:path';
import { App } from 'aws-cdk-lib';
import { bundleFunctions } from './bundles/bundle-functions.ts';
import { checkPractices } from './checks.ts';
import { readDeployment } from './deployment.ts';
import { EnrollmentKeyEscrow } from './enrollment-key-escrow.ts';

const app = new App();
checkPractices(app);
const deployment = readDeployment(app.node, process.env['CDK_DEFAULT_ACCOUNT']);
const custody = deployment.custody?.kind ?? 'kms';
const code = bundleFunctions({ outFolder: join(app.outdir, 'functions'), custody });
new EnrollmentKeyEscrow(app, 'Escrow', { ...deployment, code });
app.synth();
