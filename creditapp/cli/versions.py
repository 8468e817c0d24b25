"""The command that lists the registered versions, and what was served."""

import json
from collections.abc import Sequence
from dataclasses import asdict
from typing import TYPE_CHECKING

import click

from creditapp.cli.errors import errors_in_one_line
from creditapp.cli.registry import open_registry
from creditapp.serving import deployments
from creditapp.serving.deployments import Deployment

if TYPE_CHECKING:
    from creditapp.serving.registry import Version


@click.command()
@click.option("--history", is_flag=True, help="List what was served: when, by whom, and why.")
@click.option("--json", "as_json", is_flag=True, help="Print one line of JSON.")
def models(history: bool, as_json: bool) -> None:
    """List the registered versions, newest first."""
    with errors_in_one_line(as_json=as_json):
        if history:
            _print_history(deployments.history())
        else:
            _print_versions(open_registry().versions(), as_json=as_json)


def _print_history(history: Sequence[Deployment]) -> None:
    click.echo(f"{'deployment':<12}{'version':<9}{'from (UTC)':<21}{'by':<26}why")
    for deployment in history:
        deployed_at = f"{deployment.deployed_at:%Y-%m-%d %H:%M:%S}"
        what = f"{deployment.generation:<12}{deployment.model_version:<9}{deployed_at:<21}"
        click.echo(f"{what}{deployment.deployed_by:<26}{deployment.reason}")


def _print_versions(versions: "Sequence[Version]", *, as_json: bool) -> None:
    if as_json:
        click.echo(json.dumps([asdict(version) for version in versions], default=str))
        return
    first = f"{'version':<9}{'stage':<12}{'family':<19}{'registered (UTC)':<18}"
    click.echo(f"{first}{'accuracy':<10}{'recall of bad':<15}{'ROC AUC':<22}protected")
    for version in versions:
        figures = f"{_figure(version.accuracy):<10}{_figure(version.recall_bad):<15}"
        figures += f"{_validated_auc(version):<22}"
        figures += "used" if version.uses_protected else f"not used{_ablation(version)}"
        registered = f"{version.created_at:%Y-%m-%d %H:%M}"
        click.echo(
            f"{version.version:<9}{version.stage:<12}{version.family:<19}{registered}  {figures}"
        )


def _ablation(version: "Version") -> str:
    """What leaving the protected answers out cost, as measured in the training."""
    if version.exclusion_difference is None:
        return ""
    spread = version.exclusion_spread or 0.0
    return f" (ROC AUC {version.exclusion_difference:+.4f}, spread {spread:.4f}, paired folds)"


def _validated_auc(version: "Version") -> str:
    """The ROC AUC of the validation report with its interval; none without a report."""
    values = [version.validation.get(f"roc_auc{limit}") for limit in ("", "_low", "_high")]
    mean, low, high = map(_figure, values)
    return f"{mean} [{low}, {high}]" if version.validation else "no report"


def _figure(value: float | None) -> str:
    return "-" if value is None else f"{value:.3f}"


COMMANDS = (models,)
