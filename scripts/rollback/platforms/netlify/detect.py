"""Netlify: its configuration, a linked site, an adapter for it, or a deploy step."""

from __future__ import annotations

from rollback.detection.files import FileIndex
from rollback.model import Evidence
from rollback.platforms._hosted.site import site
from rollback.detection.calls import called
from rollback.detection.configuring import configuring
from rollback.detection.pipelines import scripts, steps

MARKERS = ("netlify.toml", "_redirects", "package.json")

_DEPLOY = (
    r"\bnetlify(?:-cli)?(?:@\S+)? deploy\b|nwtgck/actions-netlify|netlify/actions/cli|"
    r"api\.netlify\.com/build_hooks|action-netlify-deploy"
)
_ADAPTER = r"@astrojs/netlify|@sveltejs/adapter-netlify|netlify-plugin|preset:\s*['\"]netlify"
_PACKAGES = (
    r'"(?:@netlify/plugin-nextjs|@netlify/remix-adapter|gatsby-plugin-netlify|'
    r'@netlify/functions)"\s*:'
)
_CONFIGS = ("astro.config.*", "svelte.config.*", "nuxt.config.*", "remix.config.*", "vite.config.*")


def detect(files: FileIndex) -> list[Evidence]:
    evidence = [
        site(path, "netlify.toml configures it")
        for path in configuring(files, r"^\s*\[", "netlify.toml")
    ]
    evidence += [
        Evidence(80, path, ("deploy step for Netlify",), deploys=True)
        for path in (*steps(files, _DEPLOY), *scripts(files, _DEPLOY))
    ]
    evidence += [
        Evidence(65, path, ("calls a workflow named for Netlify",), deploys=True)
        for path in called(files, "netlify")
    ]
    evidence += [
        Evidence(60, path, ("built by Netlify's adapter",))
        for path in files.holding(_ADAPTER, *_CONFIGS)
    ]
    buttons = files.holding(r"netlify\.com/start/deploy", "README.md", "readme.md")
    evidence += [
        Evidence(55 if buttons else 40, path, ("uses packages of Netlify",))
        for path in files.holding(_PACKAGES, "package.json")
    ]
    evidence += [
        Evidence(35, path, ("redirects as Netlify (and others) read them",))
        for path in files.matching("_redirects")
    ]
    evidence += [Evidence(30, path, ("button to deploy a copy on Netlify",)) for path in buttons]
    if files.text(".netlify/state.json"):
        evidence.append(
            Evidence(90, ".netlify/state.json", ("linked to a Netlify site",), deploys=True)
        )
    return evidence
