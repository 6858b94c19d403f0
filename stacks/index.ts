// What Pulumi runs, for every stack: the stack's name says which program of the workspace it is.
import { run } from "../automation/program.ts";
import workspace from "./workspace.ts";

export default () => run(workspace);
