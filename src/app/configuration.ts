// Reads the environment variables, and refuses what is wrong or unsafe.
import 'reflect-metadata';
import { plainToInstance } from 'class-transformer';
import { validateSync } from 'class-validator';
import { withAliases } from './aliases.js';
import { Environment } from './environment.js';
import { problemsInProduction } from './production.js';

/**
 * Empty variables count as unset.
 *
 * @throws Error with one line per variable that is wrong, or unsafe in production, each beginning with its name
 */
export function validateEnvironment(variables: Record<string, unknown>): Environment {
  const raw = withAliases(variables);
  const names = new Set(Object.keys(new Environment()));
  const known = Object.entries(raw).filter(([name, value]) => names.has(name) && value !== '');
  const environment = plainToInstance(Environment, Object.fromEntries(known), { exposeDefaultValues: true });
  const problems = validateSync(environment).flatMap(({ constraints = {} }) => Object.values(constraints));
  if (problems.length === 0) problems.push(...problemsInProduction(environment));
  if (problems.length > 0) throw new Error(`Invalid configuration:\n  ${problems.join('\n  ')}`);
  return environment;
}
