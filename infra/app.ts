import { App } from 'aws-cdk-lib';
import { checkPractices } from './checks.ts';
import { readDeployment } from './deployment.ts';
import { VaultStack } from './vault-stack.ts';

const app = new App();
checkPractices(app);
new VaultStack(app, readDeployment(app.node));
app.synth();
