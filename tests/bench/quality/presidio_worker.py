"""Microsoft Presidio as a process of its own: a list of texts a line in, a list of findings for each out (JSON).

It runs in an environment of its own (`pip install presidio-analyzer` and a spaCy model of English as wheels), because
spaCy is far too big a dependency for one row of a table: `python presidio_worker.py PATH-OF-MODEL`. A finding is
[kind, start, end]; findings below a score of 0.35 are left out, as Presidio's own examples do for phone numbers.
"""

import json
import sys
import warnings

SCORE = 0.35


def main(model: str) -> None:
    """Answer line by line until the input ends."""
    warnings.simplefilter("ignore")
    from presidio_analyzer import AnalyzerEngine
    from presidio_analyzer.nlp_engine import SpacyNlpEngine

    engine = SpacyNlpEngine(models=[{"lang_code": "en", "model_name": model}])
    analyzer = AnalyzerEngine(nlp_engine=engine, supported_languages=["en"])
    for line in sys.stdin:
        found = []
        for text in json.loads(line):
            results = analyzer.analyze(text, language="en", score_threshold=SCORE) if text.strip() else []
            found.append([[result.entity_type, result.start, result.end] for result in results])
        print(json.dumps(found), flush=True)


if __name__ == "__main__":
    main(sys.argv[1])
