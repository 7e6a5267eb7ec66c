// Decorators without a compiler: applies them, and writes the types that TypeScript would have emitted.

import 'reflect-metadata';

/** @typedef {new (...args: any[]) => unknown} Class */

/** @param {Class} target @param {ClassDecorator[]} decorators */
export function decorateClass(target, ...decorators) {
  for (const decorator of decorators) decorator(target);
}

/** @param {Class} target @param {string} name @param {PropertyDecorator[]} decorators */
export function decorateProperty(target, name, ...decorators) {
  for (const decorator of decorators) decorator(target.prototype, name);
}

/**
 * @param {Class} target
 * @param {string} name
 * @param {MethodDecorator[]} decorators
 * @param {{ type: Class, decorator: ParameterDecorator }[]} parameters in their order
 */
export function decorateMethod(target, name, decorators, parameters) {
  const { prototype } = target;
  parameters.forEach(({ decorator }, index) => decorator(prototype, name, index));
  const types = parameters.map(({ type }) => type);
  Reflect.defineMetadata('design:paramtypes', types, prototype, name);
  const descriptor = /** @type {PropertyDescriptor} */ (Object.getOwnPropertyDescriptor(prototype, name));
  for (const decorator of decorators) decorator(prototype, name, descriptor);
}
