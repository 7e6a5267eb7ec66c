// docker/kubernetes: manifests as Kubernetes' own schemas have them, with nothing unknown, and in step with Roomcast.
import { randomBytes } from 'node:crypto';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { beforeAll, describe, expect, it } from '@jest/globals';
import { Deployment, type IDeployment } from 'kubernetes-models/apps/v1';
import { HorizontalPodAutoscaler } from 'kubernetes-models/autoscaling/v2';
import { PodDisruptionBudget } from 'kubernetes-models/policy/v1';
import { Service } from 'kubernetes-models/v1';
import { parse } from 'yaml';
import { validateEnvironment } from '../../src/app/configuration.js';

const DIRECTORY = fileURLToPath(new URL('../../docker/kubernetes', import.meta.url));
const MODELS = { Deployment, HorizontalPodAutoscaler, PodDisruptionBudget, Service };
const LABELS = { 'app.kubernetes.io/name': 'roomcast' };

type Manifest = Record<string, unknown> & { kind: string };

let files: string[];
const manifests = new Map<string, Manifest>();
beforeAll(async () => {
  files = (await readdir(DIRECTORY)).filter((file) => file !== 'kustomization.yaml');
  for (const file of files) {
    const manifest: Manifest = parse(await readFile(join(DIRECTORY, file), 'utf8'));
    manifests.set(manifest.kind, manifest);
  }
});

/** `value`, noting in `unread` the path of each member that is never looked at. */
function watch(value: unknown, path: string, unread: Set<string>): unknown {
  if (typeof value !== 'object' || value === null) return value;
  const watched: Record<string, unknown> = Array.isArray(value) ? ([] as never) : {};
  for (const [name, member] of Object.entries(value)) {
    const memberPath = `${path}/${name}`;
    const inner = watch(member, memberPath, unread);
    unread.add(memberPath);
    const get = (): unknown => {
      unread.delete(memberPath);
      return inner;
    };
    Object.defineProperty(watched, name, { get, enumerable: true });
  }
  return watched;
}

/** @returns the members that its kind's schema doesn't know: it looks at all that it does. @throws when it is invalid */
function unknownMembers(manifest: Manifest): string[] {
  const unread = new Set<string>();
  const watched = watch(manifest, '', unread);
  MODELS[manifest.kind as keyof typeof MODELS].prototype.validate.call(watched as never);
  return [...unread];
}

function deployment(): Required<IDeployment> {
  return manifests.get('Deployment') as never;
}

describe('docker/kubernetes', () => {
  it('has valid manifests, of nothing that Kubernetes does not know', () => {
    expect(new Set(manifests.keys())).toEqual(new Set(Object.keys(MODELS)));
    for (const manifest of manifests.values()) expect(unknownMembers(manifest)).toEqual([]);
  });

  it('is found out when a manifest has an unknown member, or a wrong one', () => {
    const service = manifests.get('Service')!;
    const spec = service['spec'] as object;
    expect(unknownMembers({ ...service, spec: { ...spec, selektor: {} } })).toEqual(['/spec/selektor']);
    expect(() => unknownMembers({ ...service, spec: { ...spec, selector: 'roomcast' } })).toThrow(/selector/);
  });

  it('names all its files to kubectl', async () => {
    const kustomization = parse(await readFile(join(DIRECTORY, 'kustomization.yaml'), 'utf8'));
    expect(new Set(kustomization.resources)).toEqual(new Set(files));
  });

  it('selects the same pods everywhere, by the port they have', () => {
    const { spec } = deployment();
    expect(spec.template.metadata?.labels).toEqual(LABELS);
    expect(spec.selector.matchLabels).toEqual(LABELS);
    expect(manifests.get('Service')).toMatchObject({
      spec: { selector: LABELS, ports: [{ targetPort: 'http' }] },
    });
    expect(manifests.get('PodDisruptionBudget')).toMatchObject({
      spec: { selector: { matchLabels: LABELS } },
    });
    expect(manifests.get('HorizontalPodAutoscaler')).toMatchObject({
      spec: {
        scaleTargetRef: { apiVersion: 'apps/v1', kind: 'Deployment', name: deployment().metadata.name },
      },
    });
    expect(spec.template.spec?.containers[0]?.ports).toEqual([
      { name: 'http', containerPort: validateEnvironment({}).PORT },
    ]);
  });

  it('sets only variables which there are, to values that production accepts', () => {
    const { env = [] } = deployment().spec.template.spec!.containers[0]!;
    const values = Object.fromEntries(env.map(({ name, value }) => [name, value]));
    const secret = {
      REDIS_URL: 'rediss://:password@redis.example',
      JWT_SECRET: randomBytes(48).toString('base64'),
    };
    const environment = validateEnvironment({ NODE_ENV: 'production', ...secret, ...values });
    const known = new Set(Object.keys(environment));
    expect(Object.keys(values).filter((name) => !known.has(name))).toEqual(['NODE_OPTIONS']);
  });

  it('gives an instance the time that it takes to leave, before it is killed', () => {
    const { containers, terminationGracePeriodSeconds = 0 } = deployment().spec.template.spec!;
    const { env = [], lifecycle } = containers[0]!;
    const values = Object.fromEntries(env.map(({ name, value }) => [name, value]));
    const { SHUTDOWN_GRACE, DRAIN_DELAY = 0, DRAIN_WINDOW = 0 } = validateEnvironment(values);
    const preStopMs = 1000 * (lifecycle?.preStop?.sleep?.seconds ?? 0);
    expect(preStopMs).toBeGreaterThan(0);
    // An instance ends within the grace; a window is over after twice its length.
    expect(DRAIN_DELAY + 2 * DRAIN_WINDOW).toBeLessThan(SHUTDOWN_GRACE);
    expect(1000 * terminationGracePeriodSeconds).toBeGreaterThan(preStopMs + SHUTDOWN_GRACE);
  });
});
