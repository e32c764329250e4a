// Follows a numbered list of the local cloud: asks for what is new, keeps the latest, filters.

import { get } from "./api.js";
import { el } from "./dom.js";

export class Follower {
  constructor(route, name, most) {
    Object.assign(this, { route, name, most, last: 0, records: [], filter: "" });
  }

  /** Ask for what came since the last time; the whole answer. */
  async renew() {
    const answer = await get(`${this.route}?since=${this.last}`);
    if (answer.last < this.last || (answer.last > 0 && this.last === 0)) this.records = []; // another start
    this.records = [...this.records, ...answer[this.name]].slice(-this.most);
    this.last = answer.last;
    return answer;
  }

  /** Those that hold what the reader looks for, the latest first. */
  shown(text) {
    const wanted = this.filter.toLowerCase();
    return this.records.filter((record) => !wanted || text(record).toLowerCase().includes(wanted)).reverse();
  }

  /** The field for the filter. */
  field(label, again) {
    return el("input", {
      class: "filter", type: "search", "aria-label": label, placeholder: label, value: this.filter, autocomplete: "off",
      input: (event) => { this.filter = event.target.value; again(); },
    });
  }
}
