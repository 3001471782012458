// This file is written by scripts/BodyDefaults.ts.

export const contractVersion = "0.1.0"

export const bodyDefaults = {
  "POST /runwayml/v1/character_performance": {
    bodyControl: true,
    expressionIntensity: 1,
    seed: 1,
    model: "act_two",
    ratio: "1280:720",
    contentModeration: {
      publicFigureThreshold: "auto"
    }
  }
} as const
