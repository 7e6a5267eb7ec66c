// Hands every error of a gateway method on to the CommandLoop, the one place that answers them.
import { Catch, type WsExceptionFilter } from '@nestjs/common';

@Catch()
export class RethrowFilter implements WsExceptionFilter {
  catch(error: unknown): never {
    throw error;
  }
}
