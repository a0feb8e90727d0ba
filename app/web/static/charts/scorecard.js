// A scorecard's charts.

import { bullet } from "./bullet.js";
import { start } from "./drawing.js";
import { year } from "./year.js";

start({ bullet, year });
