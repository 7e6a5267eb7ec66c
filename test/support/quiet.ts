// Keeps the servers' log lines out of the test output where a test builds parts of a server in its own process.
import { Logger } from '@nestjs/common';

Logger.overrideLogger(false);
