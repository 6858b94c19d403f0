// ProjectServices: the APIs that a project has turned on. What needs one of them takes the project from here, and so waits for it.
//
// What replaces: `project`, which turns the APIs on elsewhere and nothing off here.
// Nothing is ever turned off: an API that is taken out of the list stays on, since turning one off deletes what was made with it.
import { Service } from "@pulumi/gcp/projects/service.js";
import { all, ComponentResource, type ComponentResourceOptions, type Input, type Output, output } from "@pulumi/pulumi";
import { ArgumentCheck } from "../arguments.ts";

export interface ProjectServicesArgs {
  /** Project id. Changing it replaces what turns the APIs on, which stay on in the former project. */
  readonly project: Input<string>;
  /** APIs by the short name in their address: `compute` for compute.googleapis.com. At least one. */
  readonly services: readonly string[];
}

/** The APIs of a project, turned on. */
export class ProjectServices extends ComponentResource {
  /** The project id, known once every API is on. */
  readonly project: Output<string>;

  /** @throws RunError before anything is registered when an argument is wrong. */
  constructor(name: string, args: ProjectServicesArgs, opts?: ComponentResourceOptions) {
    const check = new ArgumentCheck("ProjectServices", name);
    if (args.services.length === 0) check.refuse("services", args.services, "at least one API");
    for (const [index, service] of args.services.entries()) {
      check.matches(`services[${index}]`, service, /^[a-z][a-z0-9-]*$/, 'an API without its domain, such as "compute"');
      if (args.services.indexOf(service) !== index) check.refuse(`services[${index}]`, service, "each API once");
    }
    check.done();

    super("tutti:gcp:ProjectServices", name, {}, opts);
    const enabled = args.services.map(
      (service) =>
        new Service(
          `${name}-${service}`,
          { project: args.project, service: `${service}.googleapis.com`, disableOnDestroy: false },
          { parent: this },
        ).id,
    );
    this.project = all([output(args.project), ...enabled]).apply(([project]) => project as string);
    this.registerOutputs({ project: this.project });
  }
}
