// View room, faces: pictures of the team, drawn onto a canvas. Fetched like any other call to the front desk, so that the
// site's Content-Security-Policy needs no rule for images.

import type { Api } from "../api";

export class Faces {
  readonly #api: Api;
  readonly #pictures = new Map<string, Promise<ImageBitmap | null>>();

  constructor(api: Api) {
    this.#api = api;
  }

  /** Puts the picture in place of what stands in `place`, once it is there; without one the initials stay. */
  show(path: string, place: HTMLElement): void {
    const found = this.#pictures.get(path) ?? this.#load(path);
    this.#pictures.set(path, found);
    void found.then((bitmap) => {
      if (bitmap === null) return;
      const canvas = document.createElement("canvas");
      const side = Math.min(bitmap.width, bitmap.height);
      canvas.width = canvas.height = 96;
      canvas
        .getContext("2d")
        ?.drawImage(bitmap, (bitmap.width - side) / 2, (bitmap.height - side) / 2, side, side, 0, 0, 96, 96);
      place.replaceChildren(canvas);
    });
  }

  async #load(path: string): Promise<ImageBitmap | null> {
    try {
      return await createImageBitmap(await this.#api.picture(path));
    } catch {
      return null;
    }
  }
}
