import { faultsSuite } from '#test/support/aws-world/faults-suite.ts';

faultsSuite(1, 500);
